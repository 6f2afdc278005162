import type { Gain, Training, TrainingCurves, TrainingStepLog } from '../../store/index.ts';
import { formatNumber, formatSeconds, formatInteger, nbsp, type Words } from '../../ui/index.ts';
import { movingRun, teacherOf } from './training-runs.ts';
import { formatEpoch, formatScore, type Metric } from './training-words.ts';

/** One sentence: how good the student is, beside its teacher. */
export function trainingSummary(
  log: TrainingStepLog | undefined,
  isOver: boolean,
  { t, language }: Words,
): string {
  const best = log?.student?.report.best;
  if (log === undefined || best === undefined) return t('train.summaryWaiting');
  const write = formatScore[best.metric];
  const data = {
    metric: t(`train.metric.${best.metric}`),
    score: write(best.value, language),
    epoch: formatEpoch(best.epoch, language),
    samples: formatInteger(best.samples, language),
  };
  const teacher = teacherOf(log);
  if (best.step === 0 && teacher !== undefined)
    return t(isOver ? 'train.summaryStartKept' : 'train.summaryStart', {
      ...data,
      teacher: write(teacher, language),
    });
  const sentence = t(isOver ? 'train.summaryOver' : 'train.summary', data);
  return teacher === undefined
    ? sentence
    : `${sentence} ${t('train.summaryTeacher', { teacher: write(teacher, language) })}`;
}

export interface Fact {
  readonly id: string;
  readonly name: string;
  readonly value: string;
}

/** Where the run that moves stands, number by number; always the same facts, so that nothing jumps. */
export function progressFacts(training: Training, log: TrainingStepLog, words: Words): Fact[] {
  const { t, language } = words;
  const report = reportNow(log);
  const isOver = ['done', 'failed', 'stopped'].includes(training.state);
  const dash = '–';
  const of = (done: number, total: number): string =>
    t('train.of', { done: formatInteger(done, language), total: formatInteger(total, language) });
  return [
    { id: 'epoch', name: t('train.epoch'), value: report ? of(report.epoch, report.epochs) : dash },
    { id: 'step', name: t('train.step'), value: report ? of(report.step, report.steps) : dash },
    {
      id: 'speed',
      name: t('train.speed'),
      value:
        report?.samplesPerSecond === undefined
          ? dash
          : `${formatInteger(report.samplesPerSecond, language)}${nbsp}/s`,
    },
    {
      id: 'left',
      name: t('train.left'),
      value: report?.etaMs === undefined || isOver ? dash : formatSeconds(report.etaMs, language),
    },
  ];
}

/** Of the run that moves. What runs beside a student that was ended by hand learns as long as that one did, and its time left is that. */
function reportNow(log: TrainingStepLog): TrainingCurves['report'] | undefined {
  const report = movingRun(log)?.report;
  const ended = log.student?.report;
  if (report?.run !== 'control' || ended?.phase !== 'done' || ended.step >= ended.steps)
    return report;
  const share = Math.max(0, ended.step - report.step) / Math.max(1, report.steps - report.step);
  const { etaMs } = report;
  const left = etaMs === undefined ? {} : { etaMs: etaMs * share };
  return { ...report, ...left, steps: ended.step, epochs: Math.max(1, Math.ceil(ended.epoch)) };
}

/** What is being done just now, in words. */
export function stateWords(
  training: Training,
  log: TrainingStepLog | undefined,
  { t }: Words,
): string {
  if (training.state !== 'running') return t(`train.state.${training.state}`);
  const moving = log === undefined ? undefined : movingRun(log);
  if (moving === undefined) return t('train.phase.preparing');
  const { phase, run } = moving.report;
  return run === 'control' && phase === 'training'
    ? t('train.phase.control')
    : t(`train.phase.${phase}`);
}

/** Where a training stands, on one line: what is done, which epoch, and the newest score. */
export function standLine(training: Training, log: TrainingStepLog | undefined, words: Words) {
  const { t, language } = words;
  const report = log === undefined ? undefined : reportNow(log);
  if (report === undefined) return stateWords(training, log, words);
  const { epoch, epochs, best } = report;
  const state = stateWords(training, log, words);
  const line = t('job.training', { state, epoch, epochs });
  return best === undefined ? line : `${line} · ${formatScore[best.metric](best.value, language)}`;
}

/** Whether the teacher was worth it, as a sentence that does not make more of it than there is: both scores, the difference, and what chance alone does. */
export function gainSentence(gain: Gain, log: TrainingStepLog, { t, language }: Words): string {
  if (gain.kind === 'unequal')
    return t('train.gain.unequal', {
      student: formatInteger(log.student?.report.step ?? 0, language),
      control: formatInteger(log.control?.report.step ?? 0, language),
    });
  const [a, b] = [log.student?.report.best, log.control?.report.best];
  if (gain.kind === 'unknown' || a === undefined || b === undefined) return t('train.gain.unknown');
  const write = (value: number): string =>
    isShare(a.metric)
      ? `${formatNumber(value * 100, 1, language)}${nbsp}${t('train.points')}`
      : formatScore[a.metric](value, language);
  return t(`train.gain.${gain.kind}`, {
    difference: write(Math.abs(gain.difference)),
    margin: write(gain.margin),
    student: formatScore[a.metric](a.value, language),
    control: formatScore[b.metric](b.value, language),
  });
}

const isShare = (metric: Metric): boolean => metric === 'accuracy' || metric === 'agreement';
