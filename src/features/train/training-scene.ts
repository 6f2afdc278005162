import type { TrainingCurves, TrainingStepLog } from '../../store/index.ts';
import { formatInteger, formatNumber, type Language, type Words } from '../../ui/index.ts';
import {
  type Axis,
  type ChartTable,
  type Curve,
  defaultSvg,
  type Mark,
  niceTicks,
  roomyDomain,
  type Rule,
  svgRow,
  svgXYChart,
  type XYScene,
} from '../../ui/charts/index.ts';
import { metricOf, type Run, runsOf, teacherOf } from './training-runs.ts';
import { formatEpoch, formatLoss, formatScore, type Metric, type Score } from './training-words.ts';

/** Loss and validation score over the epochs, of the student and, where it was asked for, of the same student without the teacher. */
export interface TrainingOrder {
  readonly log: TrainingStepLog;
  readonly words: Words;
  readonly ticks: { readonly x: number; readonly y: number };
}

/** Steps lie along the epochs, so that both drawings share an axis. */
const epochOf = ({ report }: TrainingCurves, step: number): number =>
  report.steps === 0 ? 0 : (step / report.steps) * report.epochs;

export function lossScene(order: TrainingOrder): XYScene {
  const { log, words, ticks } = order;
  const { t, language } = words;
  const runs = runsOf(log);
  const values = runs.flatMap(({ curves }) => curves.loss.map(({ value }) => value));
  return {
    name: t('train.loss'),
    x: epochAxis(order),
    y: axisOf(t('train.loss'), roomyDomain(values, { floor: 0 }), ticks.y, language),
    marks: runs.flatMap(({ run, curves }) => newest(run, curves, words)),
    curves: runs.map(({ run, curves }) =>
      curveOf(
        run,
        curves.loss.map(({ step, value }) => ({ x: epochOf(curves, step), y: value })),
      ),
    ),
    rules: [],
    missing: [],
  };
}

/** The end of a loss curve, named. */
function newest(run: Run, curves: TrainingCurves, { t, language }: Words): Mark[] {
  const last = curves.loss.at(-1);
  if (last === undefined) return [];
  return [
    {
      id: `loss-${run}`,
      x: epochOf(curves, last.step),
      y: last.value,
      ...look(run),
      size: 'small',
      label: t(`train.run.${run}`),
      title: t(`train.run.${run}`),
      rows: [
        [t('train.step'), formatInteger(last.step, language)],
        [t('train.loss'), formatLoss(last.value, language)],
      ],
      pickable: false,
    },
  ];
}

/** undefined before the first validation. */
export function scoreScene(order: TrainingOrder): XYScene | undefined {
  const { log, words, ticks } = order;
  const { t, language } = words;
  const metric = metricOf(log);
  if (metric === undefined) return undefined;
  const runs = runsOf(log);
  const teacher = teacherOf(log);
  const values = runs.flatMap(({ curves }) => curves.validation.map(({ value }) => value));
  const isShare = metric === 'accuracy' || metric === 'agreement';
  const [low, high] = roomyDomain(
    teacher === undefined ? values : [...values, teacher],
    isShare ? { floor: 0, ceiling: 1 } : {},
  );
  // Above the best there is room for the name of the teacher's line.
  const domain = [low, high + (high - low) * headroom] as const;
  return {
    name: t(`train.metric.${metric}`),
    x: epochAxis(order),
    y: axisOf(t(`train.axis.${metric}`), domain, ticks.y, language, isShare ? 100 : 1, high),
    marks: runs.flatMap(({ run, curves }) =>
      curves.validation.map((point) => scoreMark(run, curves, point, words)),
    ),
    curves: runs.map(({ run, curves }) =>
      curveOf(
        run,
        curves.validation.map(({ step, value }) => ({ x: epochOf(curves, step), y: value })),
      ),
    ),
    rules: teacher === undefined ? [] : [teacherRule(teacher, metric, words)],
    missing: [],
  };
}

const headroom = 0.14;

const teacherRule = (at: number, metric: Metric, { t, language }: Words): Rule => ({
  id: 'teacher',
  axis: 'y',
  at,
  tone: 'original',
  labelAt: 'start',
  label: t('train.teacherAt', { score: formatScore[metric](at, language) }),
});

function scoreMark(run: Run, curves: TrainingCurves, point: Score, words: Words): Mark {
  const { t, language } = words;
  const isBest = isSame(point, curves.report.best);
  const score = formatScore[point.metric](point.value, language);
  return {
    id: `${run}-${point.step}`,
    x: epochOf(curves, point.step),
    y: point.value,
    ...look(run),
    ...(isBest && run === 'student' ? { shape: 'ring' as const, size: 'large' as const } : {}),
    ...(isBest ? { label: t('train.bestOf', { run: t(`train.run.${run}`), score }) } : {}),
    title: t('train.epochOf', {
      run: t(`train.run.${run}`),
      epoch: formatEpoch(point.epoch, language),
    }),
    rows: [
      [t(`train.metric.${point.metric}`), score],
      [t('train.validationLoss'), formatLoss(point.loss, language)],
      [t('train.samples'), formatInteger(point.samples, language)],
    ],
    pickable: false,
  };
}

const isSame = (a: Score, b: Score | undefined): boolean => b !== undefined && a.step === b.step;

/** The student is the variant; what it is compared with is quiet, square and hollow. */
const look = (run: Run): Pick<Mark, 'tone' | 'shape' | 'hollow' | 'size'> =>
  run === 'student'
    ? { tone: 'variant', shape: 'circle', hollow: false, size: 'small' }
    : { tone: 'quiet', shape: 'square', hollow: true, size: 'small' };

const curveOf = (run: Run, points: Curve['points']): Curve => ({
  id: run,
  tone: run === 'student' ? 'variant' : 'quiet',
  points,
  step: false,
});

function epochAxis({ log, words, ticks }: TrainingOrder): Axis {
  const epochs = Math.max(1, ...runsOf(log).map(({ curves }) => curves.report.epochs));
  return {
    label: words.t('train.epochs'),
    domain: [0, epochs],
    ticks: niceTicks(0, epochs, ticks.x)
      .filter(Number.isInteger)
      .map((at) => ({ at, label: formatInteger(at, words.language) })),
  };
}

function axisOf(
  label: string,
  domain: readonly [number, number],
  count: number,
  language: Language,
  unit = 1,
  highest = domain[1],
): Axis {
  const values = niceTicks(domain[0] * unit, domain[1] * unit, count).filter(
    (value) => value <= highest * unit * (1 + 1e-9),
  );
  const digits = Math.max(0, ...values.map((value) => (String(value).split('.')[1] ?? '').length));
  return {
    label,
    domain,
    ticks: values.map((value) => ({
      at: value / unit,
      label: formatNumber(value, digits, language),
    })),
  };
}

/** Both drawings as one. */
export const trainingSvg = (name: string, order: TrainingOrder): string =>
  svgRow(
    name,
    [lossScene(order), scoreScene(order)].flatMap((scene) =>
      scene === undefined ? [] : [svgXYChart(scene, panelSize)],
    ),
    panelSize,
  );

const panelSize = { ...defaultSvg, width: 440, height: 300 };

/** One row per validation, of both runs. */
export function trainingTable({ log, words }: TrainingOrder): ChartTable {
  const { t, language } = words;
  const metric = metricOf(log);
  return {
    columns: [
      { label: t('train.run'), numeric: false },
      { label: t('train.epoch'), numeric: true },
      { label: t('train.step'), numeric: true },
      { label: t('train.validationLoss'), numeric: true },
      {
        label: metric === undefined ? t('train.score') : t(`train.metric.${metric}`),
        numeric: true,
      },
    ],
    rows: runsOf(log)
      .toReversed()
      .flatMap(({ run, curves }) =>
        curves.validation.map((point) => ({
          id: `${run}-${point.step}`,
          current: isSame(point, curves.report.best),
          cells: [
            t(`train.run.${run}`),
            formatEpoch(point.epoch, language),
            formatInteger(point.step, language),
            formatLoss(point.loss, language),
            formatScore[point.metric](point.value, language),
          ],
        })),
      ),
  };
}
