import { useCallback } from 'react';
import {
  memo,
  pruningDial,
  pruningKinds,
  type StudioState,
  useActions,
  useStudio,
} from '../../store/index.ts';
import { Dial } from '../../ui/dial.tsx';
import { Choice, formatPercent, useWords } from '../../ui/index.ts';
import { Term } from '../../ui/term.tsx';
import { CardFrame } from './card-frame.tsx';
import { MoreOptions } from './more-options.tsx';
import type { ReorderHandle } from './use-reorder.ts';

const selectDial = memo(
  (state: StudioState) => [state.history.present, state.remembered] as const,
  (state) => pruningDial(state.history.present, state.remembered),
);

interface PruningCardProps {
  readonly index?: number;
  readonly handle?: ReorderHandle | undefined;
}

/** The pruning dial: how much goes, and what kind of thing goes. */
export function PruningCard({ index, handle }: PruningCardProps) {
  const { t, maybe, language } = useWords();
  const { setPruning, setPruningKind, endGesture } = useActions();
  const dial = useStudio(selectDial);
  const turn = useCallback((ratio: number) => setPruning(ratio, 'pruning'), [setPruning]);
  const kindName = (kind: string): string => maybe(`kind.${kind}`) ?? kind;
  return (
    <CardFrame
      name={<Term word="recipe.prune" meaning="term.pruning" />}
      plainName={t('recipe.prune')}
      index={index}
      handle={handle}
      testId="card-prune"
    >
      <Dial
        label={t('recipe.ratio')}
        value={dial.ratio}
        min={0}
        max={dial.max}
        step={0.01}
        unit="percent"
        disabled={dial.fixed}
        valueText={t(
          dial.kind === 'prune-channels' ? 'recipe.ratioOfChannels' : 'recipe.ratioOfWeights',
          {
            share: formatPercent(dial.ratio, language, 0),
          },
        )}
        onChange={turn}
        onSettled={endGesture}
        testId="pruning-ratio"
      />
      <Choice
        label={t('recipe.kind')}
        value={dial.kind}
        options={pruningKinds().map((kind) => ({ value: kind, label: kindName(kind) }))}
        onChange={setPruningKind}
        testId="pruning-kind"
      />
      {index === undefined ? null : <MoreOptions index={index} hide={['ratio', 'pattern']} />}
    </CardFrame>
  );
}
