import type { Verdict } from '../../engine/index.ts';
import { memo, selectCurrent, type StudioState, useStudio } from '../../store/index.ts';
import { type Key, useWords, verdictWords } from '../../ui/index.ts';

const none: readonly Verdict[] = [];

const selectVerdicts = memo(
  (state: StudioState) =>
    [state.points, state.history.present, state.settings, state.data] as const,
  (state) => selectCurrent(state)?.evaluation.measurements.verdicts ?? none,
);
const selectCaveats = memo(
  (state: StudioState) =>
    [state.points, state.history.present, state.settings, state.data] as const,
  (state) => selectCurrent(state)?.evaluation.measurements.latency?.caveats ?? [],
);

/** Why the numbers are what they are: sentences computed from measurements and profile. */
export function WhyPanel() {
  const words = useWords();
  const { t } = words;
  const verdicts = useStudio(selectVerdicts);
  const caveats = useStudio(selectCaveats);
  return (
    <section className="panel" aria-labelledby="why-title" data-testid="why-panel">
      <h2 id="why-title" className="panel-title">
        {t('why.title')}
      </h2>
      {verdicts.length === 0 && caveats.length === 0 ? (
        <p className="quiet">{t('why.none')}</p>
      ) : null}
      <ul className="verdicts">
        {verdicts.map((verdict) => (
          <li
            key={`${verdict.code}-${JSON.stringify(verdict.data)}`}
            data-testid={`verdict-${verdict.code}`}
          >
            {verdictWords(verdict, words)}
          </li>
        ))}
        {caveats.map((caveat) => (
          <li key={caveat} data-testid={`caveat-${caveat}`}>
            {t(`caveat.${caveat}` satisfies Key)}
          </li>
        ))}
      </ul>
    </section>
  );
}
