import {
  memo,
  selectCurrent,
  type StudioState,
  type Training,
  useActions,
  useStudio,
  waitsForTraining,
} from '../store/index.ts';
import {
  Button,
  formatInteger,
  formatSeconds,
  type Key,
  useThrottled,
  useWords,
  type Words,
} from '../ui/index.ts';

const tasks: Readonly<Record<Extract<StudioState['job'], { kind: 'running' }>['task'], Key>> = {
  open: 'job.open',
  data: 'job.data',
  measure: 'job.measureTask',
  train: 'job.train',
  generate: 'job.generate',
  export: 'job.export',
  settings: 'job.settings',
};

type Stand = 'measured' | 'refused' | 'untrained' | 'open';

/** Whether the recipe on screen is measured, under way, or waiting for the person. */
const selectStand = memo(
  (state: StudioState) =>
    [
      state.points,
      state.history.present,
      state.settings,
      state.data,
      state.plan,
      state.planError,
    ] as const,
  (state): Stand => {
    const refused =
      state.planError !== undefined ||
      (state.plan?.recipe === state.history.present &&
        state.plan.steps.some((step) => step.kind === 'refused'));
    if (refused) return 'refused';
    if (waitsForTraining(state)) return 'untrained';
    return selectCurrent(state)?.measured.includes('latency') === true ? 'measured' : 'open';
  },
);

/** The line at the bottom: what is being done, how far it is, how long it takes, and a way to stop it. */
export function JobLine() {
  const words = useWords();
  const { t } = words;
  const { cancel, retry } = useActions();
  const job = useStudio((state) => state.job);
  const background = useStudio((state) => state.background);
  const stand = useStudio(selectStand);
  const ready = useStudio((state) => state.data !== undefined);
  const training = useStudio((state) => state.training);
  const text = jobText(job, background, stand, training, words);
  const spoken = useThrottled(text, 2000);
  const progress = job.kind === 'running' ? job.progress : undefined;
  const share =
    progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
  const canMeasure = ready && job.kind !== 'running' && stand === 'open';
  return (
    <footer
      className="job-line"
      data-testid="job-line"
      data-state={job.kind}
      data-task={job.kind === 'running' ? job.task : undefined}
      data-background={background.kind}
    >
      <span className="job-mark" data-state={job.kind} aria-hidden="true" />
      <span className="job-text" data-testid="job-text" aria-hidden="true">
        {text}
      </span>
      <span role="status" className="sr-only">
        {spoken}
      </span>
      {job.kind === 'running' ? (
        <>
          <progress
            className="progress"
            aria-label={t(tasks[job.task])}
            {...(share === undefined ? {} : { value: share })}
          />
          <Button look="plain" onClick={cancel} data-testid="cancel">
            {t('job.cancel')} <kbd>Esc</kbd>
          </Button>
        </>
      ) : null}
      {canMeasure ? (
        <Button look="plain" onClick={retry} data-testid="measure">
          {t('job.measure')}
        </Button>
      ) : null}
    </footer>
  );
}

function jobText(
  job: StudioState['job'],
  background: StudioState['background'],
  stand: Stand,
  training: Training | undefined,
  words: Words,
): string {
  const { t, maybe, language } = words;
  if (job.kind === 'failed')
    return t('job.failed', { words: maybe(`error.${job.error.code}`) ?? job.error.code });
  if (job.kind === 'running') {
    const { progress, etaMs, task } = job;
    if (task === 'train') return trainingText(training, words);
    if (progress === undefined) return `${t(tasks[task])} …`;
    const parts = [
      t(`phase.${progress.phase}`),
      ...(progress.total > 1
        ? [
            t('job.count', {
              done: formatInteger(progress.done, language),
              total: formatInteger(progress.total, language),
            }),
          ]
        : []),
      ...(etaMs === undefined ? [] : [t('job.left', { time: formatSeconds(etaMs, language) })]),
    ];
    return parts.join(' · ');
  }
  if (background.kind === 'running')
    return background.what === 'refine'
      ? t('job.refine')
      : t('job.sweep', { done: background.done, total: background.total });
  return t(
    (
      {
        measured: 'job.measured',
        refused: 'job.refused',
        untrained: 'job.needsTraining',
        open: 'job.notMeasured',
      } as const
    )[stand],
  );
}

/** Where a training stands, in one line: the time left is the training's own, without pauses. */
function trainingText(training: Training | undefined, { t, language }: Words): string {
  const reports = training?.log.steps.flatMap(({ student, control }) => [student, control]) ?? [];
  const report = reports.findLast(
    (curves) => curves !== undefined && curves.report.phase !== 'done',
  )?.report;
  const state = t(`train.state.${training?.state ?? 'running'}`);
  if (report === undefined) return `${t('job.train')} …`;
  const { epoch, epochs, etaMs } = report;
  const text = t('job.training', { state, epoch, epochs });
  if (etaMs === undefined || training?.state !== 'running') return text;
  return `${text} · ${t('job.left', { time: formatSeconds(etaMs, language) })}`;
}
