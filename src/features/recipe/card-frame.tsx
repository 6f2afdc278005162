import type { ReactNode } from 'react';
import { useActions, useStudio } from '../../store/index.ts';
import { Icon, IconButton, Toggle, useWords } from '../../ui/index.ts';
import { StepOutcome } from './step-outcome.tsx';
import type { ReorderHandle } from './use-reorder.ts';

interface CardFrameProps {
  readonly name: ReactNode;
  readonly plainName: string;
  /** undefined: the recipe has no such step yet. */
  readonly index: number | undefined;
  readonly handle: ReorderHandle | undefined;
  readonly children: ReactNode;
  readonly testId: string;
}

/** What all cards share: grip, number, name, switch, remove, and what the step did. */
export function CardFrame({ name, plainName, index, handle, children, testId }: CardFrameProps) {
  const { t } = useWords();
  const { removeStep, setStepOff } = useActions();
  const off = useStudio(
    (state) => index !== undefined && state.history.present.steps[index]?.off === true,
  );
  const position = index === undefined ? undefined : index + 1;
  return (
    <article
      className="step"
      data-off={off || undefined}
      data-absent={index === undefined || undefined}
      data-testid={testId}
    >
      <header className="step-head">
        <span className="step-number" aria-hidden="true">
          {position ?? '–'}
        </span>
        {index === undefined || handle === undefined ? null : (
          <button
            type="button"
            className="step-grip"
            data-grip
            aria-label={t('recipe.move', { name: plainName, position: position ?? 0 })}
            title={t('recipe.moveHint')}
            {...handle}
          >
            <Icon name="grip" />
          </button>
        )}
        <h3 className="step-name">{name}</h3>
        {index === undefined ? null : (
          <span className="step-tools">
            <Toggle
              hideLabel
              label={t('recipe.on', { name: plainName })}
              value={!off}
              onChange={(on) => setStepOff(index, !on)}
              testId={`${testId}-on`}
            />
            <IconButton
              icon="trash"
              label={t('recipe.remove', { name: plainName })}
              onClick={() => removeStep(index)}
              data-testid={`${testId}-remove`}
            />
          </span>
        )}
      </header>
      <div className="step-body">{children}</div>
      {index === undefined ? null : <StepOutcome index={index} />}
    </article>
  );
}
