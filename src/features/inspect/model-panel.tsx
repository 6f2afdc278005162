import { useStudio } from '../../store/index.ts';
import { useWords } from '../../ui/index.ts';
import { ModelSummary } from './model-summary.tsx';

/** What was opened, in full, until the first change: then the place belongs to what changed (and the bar keeps the summary). */
export function ModelPanel() {
  const { t } = useWords();
  const unchanged = useStudio(
    (state) => !state.history.present.steps.some((step) => step.off !== true),
  );
  if (!unchanged) return null;
  return (
    <section
      className="panel model-panel"
      aria-labelledby="model-title"
      data-testid="model-panel"
      // It scrolls and holds nothing else to focus: keys must reach it.
      tabIndex={0}
    >
      <h2 id="model-title" className="panel-title">
        {t('summary.title')}
      </h2>
      <ModelSummary />
    </section>
  );
}
