import { formOf, useStudio } from '../../store/index.ts';
import { Disclosure, useWords } from '../../ui/index.ts';
import { FieldControl } from './field-control.tsx';

interface MoreOptionsProps {
  readonly index: number;
  /** Options that the card shows already. */
  readonly hide: readonly string[];
}

/** All further options of a step, generated from its form. */
export function MoreOptions({ index, hide }: MoreOptionsProps) {
  const { t } = useWords();
  const step = useStudio((state) => state.history.present.steps[index]);
  const form = step === undefined ? undefined : formOf(step.method);
  // A choice of one is no choice.
  const fields = form?.fields.filter(
    (field) => !hide.includes(field.key) && !(field.kind === 'choice' && field.values.length < 2),
  );
  if (step === undefined || fields === undefined || fields.length === 0) return null;
  return (
    <Disclosure title={t('recipe.more')} testId={`${step.method}-more`}>
      <div className="options">
        {fields.map((field) => (
          <FieldControl key={field.key} field={field} step={step} index={index} />
        ))}
      </div>
    </Disclosure>
  );
}
