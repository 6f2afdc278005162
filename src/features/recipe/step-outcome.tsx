import { useStudio } from '../../store/index.ts';
import { Disclosure, Failure, useWords } from '../../ui/index.ts';
import { summaryWords } from './summary-words.ts';

const mostSkipped = 200;

/** What the step did, in one line; or why it refuses. What it left alone is one click deeper. */
export function StepOutcome({ index }: { readonly index: number }) {
  const words = useWords();
  const { t, language } = words;
  const step = useStudio((state) => state.history.present.steps[index]);
  const outcome = useStudio((state) => state.plan?.steps[index]);
  // A plan of another list of steps says nothing about this card.
  const fits = useStudio((state) => state.plan?.recipe.steps[index]?.method === step?.method);
  if (outcome === undefined || step === undefined || !fits) return null;
  if (outcome.kind === 'off') return <p className="step-line quiet">{t('recipe.off')}</p>;
  if (outcome.kind === 'waiting') return <p className="step-line quiet">{t('recipe.waiting')}</p>;
  if (outcome.kind === 'refused')
    return (
      <div className="step-refused" role="alert" data-testid="step-refused">
        <Failure error={outcome.error} open />
      </div>
    );
  const { skipped } = outcome;
  return (
    <>
      <p className="step-line" data-testid="step-summary">
        {summaryWords(step.method, outcome.summary, words)}
      </p>
      {skipped.length === 0 ? null : (
        <Disclosure title={t('recipe.skipped', { count: skipped.length })} testId="step-skipped">
          <ul className="skipped" lang={language === 'en' ? undefined : 'en'}>
            {skipped.slice(0, mostSkipped).map((part) => (
              <li key={part.name}>
                <code>{part.name}</code> <span className="quiet">{part.opType}</span>
                <br />
                {part.reason}
              </li>
            ))}
            {skipped.length > mostSkipped ? <li>…</li> : null}
          </ul>
        </Disclosure>
      )}
    </>
  );
}
