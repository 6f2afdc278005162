import {
  isLanguageModel,
  shown,
  type StudioState,
  useActions,
  useStudio,
  waitsForTraining,
} from '../../store/index.ts';
import { Button, Failure, formatInteger, useWords } from '../../ui/index.ts';
import { PerClass } from './per-class.tsx';
import { PredictionItem } from './prediction-item.tsx';
import { WindowItem } from './window-item.tsx';

const perPage = 12;

const selectUnchanged = (state: StudioState): boolean =>
  !state.history.present.steps.some((step) => step.off !== true);

/** What changed: real predictions side by side, those that disagree first. */
export function ChangedPanel() {
  const { t, language } = useWords();
  const { requestPredictions } = useActions();
  const predictions = useStudio((state) => state.predictions);
  const classes = useStudio((state) => state.data?.classes);
  const synthetic = useStudio((state) => state.data?.kind === 'synthetic');
  const unchanged = useStudio(selectUnchanged);
  const writes = useStudio(isLanguageModel);
  // Those of the recipe before would speak of another model.
  const waits = useStudio(waitsForTraining);
  const reply = waits ? undefined : shown(predictions);
  return (
    <section className="panel" aria-labelledby="changed-title" data-testid="changed-panel">
      <h2 id="changed-title" className="panel-title">
        {t(unchanged ? 'changed.predictions' : 'changed.title')}
      </h2>
      {synthetic ? <p className="panel-note">{t('changed.synthetic')}</p> : null}
      {predictions.kind === 'failed' ? <Failure error={predictions.error} /> : null}
      {reply !== undefined && reply.total === 0 ? null : reply === undefined ? (
        predictions.kind === 'loading' ? (
          <p className="quiet">{t('changed.loading')}</p>
        ) : (
          <p className="quiet">{t('changed.none')}</p>
        )
      ) : (
        <div data-stale={predictions.kind === 'loading' || undefined} className="predictions">
          <p className="changed-count" data-testid="changed-count">
            {unchanged
              ? t(writes ? 'changed.windowsOriginal' : 'changed.original')
              : t(writes ? 'changed.windows' : 'changed.count', {
                  changed: formatInteger(reply.disagreements, language),
                  total: formatInteger(reply.total, language),
                })}
          </p>
          <ul className="prediction-list">
            {reply.rows.map((row) =>
              row.perplexity === undefined ? (
                <PredictionItem key={row.index} row={row} classes={classes} unchanged={unchanged} />
              ) : (
                <WindowItem
                  key={row.index}
                  row={row}
                  perplexity={row.perplexity}
                  unchanged={unchanged}
                />
              ),
            )}
          </ul>
          {reply.rows.length < reply.total ? (
            <Button
              look="plain"
              onClick={() => requestPredictions(0, reply.rows.length + perPage)}
              data-testid="more-predictions"
            >
              {t('changed.more')}
            </Button>
          ) : null}
          {unchanged ? null : <PerClass rows={reply.perClass} classes={classes} />}
        </div>
      )}
    </section>
  );
}
