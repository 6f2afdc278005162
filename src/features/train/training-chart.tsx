import { useMemo, useState } from 'react';
import {
  gainOf,
  memo,
  type StudioState,
  trainedPart,
  type Training,
  type TrainingStepLog,
  useActions,
  useStudio,
  useStudioLater,
} from '../../store/index.ts';
import { type ChartFrameProps, XYChart } from '../../ui/charts/index.ts';
import { Button, Choice, Failure, useMedia, useWords, type Words } from '../../ui/index.ts';
import { TrainingButtons } from './training-buttons.tsx';
import { TrainingKey } from './training-key.tsx';
import {
  lossScene,
  scoreScene,
  type TrainingOrder,
  trainingSvg,
  trainingTable,
} from './training-scene.ts';
import { metricOf, newestStep, runsOf, shownScores } from './training-runs.ts';
import { gainSentence, progressFacts, stateWords, trainingSummary } from './training-summary.ts';
import { formatScore } from './training-words.ts';
import { selectOffer } from './use-training.ts';

const selectTraining = (state: StudioState): Training | undefined => state.training;

/** The curves belong to another recipe than the one on screen. */
const selectElsewhere = memo(
  (state: StudioState) => [state.training?.recipe, state.history.present] as const,
  (state) => state.training !== undefined && !sameTraining(state),
);
const sameTraining = ({ training, history }: StudioState): boolean =>
  training === undefined || trainedPart(training.recipe) === trainedPart(history.present);

const nothing = (): undefined => undefined;

/** How a training goes: where it stands, its loss, and its score on samples kept aside. */
export function useTrainingChart(): ChartFrameProps {
  const words = useWords();
  const { t } = words;
  const narrow = useMedia('(max-width: 639px)');
  const training = useStudioLater(selectTraining);
  const elsewhere = useStudio(selectElsewhere);
  const [chosen, choose] = useState<number | undefined>(undefined);
  const steps = training?.log.steps ?? [];
  const log = steps.find(({ step }) => step === chosen) ?? newestStep(steps);
  const order = useMemo<TrainingOrder | undefined>(
    () =>
      log === undefined || isEmpty(log)
        ? undefined
        : { log, words, ticks: narrow ? { x: 4, y: 4 } : { x: 5, y: 5 } },
    [log, words, narrow],
  );
  const notes = [
    ...(elsewhere ? [t('train.note.elsewhere')] : []),
    ...(training?.unsaved === true ? [t('train.note.unsaved')] : []),
    ...(order === undefined ? [] : [t('train.note.validation')]),
    ...(log?.control === undefined ? [] : [t('train.note.losses')]),
    ...startNote(log, words),
  ];
  return {
    title: t('train.title'),
    summary: trainingSummary(log, training?.state === 'done', words),
    table: order === undefined ? emptyTable : trainingTable(order),
    notes,
    svg: order === undefined ? undefined : () => trainingSvg(t('train.title'), order),
    testId: 'chart-training',
    controls:
      steps.length < 2 || log === undefined ? null : (
        <Choice
          label={t('train.whichStep')}
          hideLabel
          value={log.step}
          options={steps.map(({ step, method }) => ({
            value: step,
            label: `${step + 1} · ${words.maybe(`method.${method}`) ?? method}`,
          }))}
          onChange={(value) => choose(value)}
          testId="training-which"
        />
      ),
    children: (
      <>
        {training === undefined ? null : <Progress training={training} log={log} />}
        {order === undefined ? (
          <Nothing training={training} />
        ) : (
          <Drawings order={order} narrow={narrow} />
        )}
      </>
    ),
  };
}

/** The score before the first step, where the drawing leaves it out. */
function startNote(log: TrainingStepLog | undefined, { t, language }: Words): string[] {
  const metric = log === undefined ? undefined : metricOf(log);
  const start = log === undefined ? undefined : shownScores(log).leftOut;
  if (metric === undefined || start === undefined) return [];
  return [t('train.note.start', { score: formatScore[metric](start.value, language) })];
}

/** Nothing to draw yet, whatever is under way. */
const isEmpty = (log: TrainingStepLog): boolean =>
  runsOf(log).every(({ curves }) => curves.loss.length + curves.validation.length === 0);

const emptyTable = { columns: [], rows: [] };

interface ProgressProps {
  readonly training: Training;
  readonly log: TrainingStepLog | undefined;
}

/** What is being done, its numbers, its buttons; after the end, what it was worth. */
function Progress({ training, log }: ProgressProps) {
  const words = useWords();
  const gain =
    log?.student?.report.phase !== 'done' || log.control?.report.phase !== 'done'
      ? undefined
      : gainOf(log.student, log.control);
  return (
    <div className="train-progress">
      <div className="train-now">
        <p className="train-state" data-testid="training-state" data-state={training.state}>
          {stateWords(training, log, words)}
        </p>
        {log === undefined ? null : (
          <dl className="train-facts">
            {progressFacts(training, log, words).map(({ id, name, value }) => (
              <div key={id} className="train-fact" data-testid={`training-${id}`}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
        <TrainingButtons />
      </div>
      {training.error === undefined ? null : <Failure error={training.error} open />}
      {gain === undefined || log === undefined ? null : (
        <p className="train-verdict" data-kind={gain.kind} data-testid="training-gain">
          {gainSentence(gain, log, words)}
        </p>
      )}
    </div>
  );
}

function Drawings({ order, narrow }: { readonly order: TrainingOrder; readonly narrow: boolean }) {
  const { t } = useWords();
  const loss = useMemo(() => lossScene(order), [order]);
  const score = useMemo(() => scoreScene(order), [order]);
  const minHeight = narrow ? 220 : 200;
  return (
    <div className="chart-panels">
      <div className="chart-panel" data-testid="training-loss-chart">
        <header className="train-panel-head">
          <h3 className="chart-panel-title">{t('train.lossTitle')}</h3>
          <TrainingKey log={order.log} scores={false} />
        </header>
        <XYChart scene={loss} minHeight={minHeight} onPick={nothing} />
      </div>
      <div className="chart-panel" data-testid="training-score-chart">
        <header className="train-panel-head">
          <h3 className="chart-panel-title">{score?.name ?? t('train.score')}</h3>
          <TrainingKey log={order.log} scores />
        </header>
        {score === undefined ? (
          <p className="chart-empty">{t('train.noScore')}</p>
        ) : (
          <XYChart scene={score} minHeight={minHeight} onPick={nothing} />
        )}
      </div>
    </div>
  );
}

/** Before the first step: why there is nothing, and the button. */
function Nothing({ training }: { readonly training: Training | undefined }) {
  const { t } = useWords();
  const { train } = useActions();
  const { kind, blocked, noData, refused } = useStudio(selectOffer);
  if (training !== undefined && kind === 'busy')
    return <p className="chart-empty">{t('train.noCurve')}</p>;
  const why =
    kind === 'none'
      ? 'train.emptyNone'
      : refused
        ? 'job.refused'
        : noData
          ? 'train.bar.noData'
          : 'train.empty';
  return (
    <div className="train-empty">
      <p className="chart-empty">{t(why)}</p>
      {training === undefined && (kind === 'untrained' || kind === 'started') ? (
        <Button look="primary" onClick={train} disabled={blocked} data-testid="train-here">
          {t(kind === 'started' ? 'train.resume' : 'train.train')}
        </Button>
      ) : null}
    </div>
  );
}
