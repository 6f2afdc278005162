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
import { metricOf, type Run, runsOf, shownScores, teacherOf } from './training-runs.ts';
import { formatEpoch, formatLoss, formatScore, type Metric, type Score } from './training-words.ts';

/** Loss and validation score over the epochs, of the student and, where it was asked for, of the same student without the teacher. */
export interface TrainingOrder {
  readonly log: TrainingStepLog;
  readonly words: Words;
  readonly ticks: { readonly x: number; readonly y: number };
  /** For a drawing without the key beside it: names stand in it. */
  readonly named?: boolean;
}

/** Steps lie along the epochs, so that both drawings share an axis. */
const epochOf = ({ report }: TrainingCurves, step: number): number =>
  report.steps === 0 ? 0 : (step / report.steps) * report.epochs;

export function lossScene(order: TrainingOrder): XYScene {
  const { log, words, ticks } = order;
  const { t, language } = words;
  const runs = runsOf(log);
  const values = runs.flatMap(({ curves }) => curves.loss.map(({ value }) => value));
  const log10 = spansDecades(values);
  const place = log10 ? Math.log10 : (value: number): number => value;
  return {
    name: t('train.loss'),
    x: epochAxis(order),
    y: log10
      ? decadeAxis(t('train.lossLog'), values, ticks.y, language)
      : axisOf(t('train.loss'), roomyDomain(values, { floor: 0 }), ticks.y, language),
    marks: runs.flatMap(({ run, curves }) => newest(run, curves, order, place)),
    curves: runs.map(({ run, curves }) =>
      curveOf(
        run,
        curves.loss.map(({ step, value }) => ({ x: epochOf(curves, step), y: place(value) })),
      ),
    ),
    rules: [],
    missing: [],
  };
}

/** The end of a loss curve. */
function newest(
  run: Run,
  curves: TrainingCurves,
  { words: { t, language }, named = false }: TrainingOrder,
  place: (loss: number) => number,
): Mark[] {
  const last = curves.loss.at(-1);
  if (last === undefined) return [];
  return [
    {
      id: `loss-${run}`,
      x: epochOf(curves, last.step),
      y: place(last.value),
      ...look(run),
      size: 'small',
      ...(named ? { label: t(`train.run.${run}`) } : {}),
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
  const scores = shownScores(log);
  const values = runs.flatMap(({ run }) => scores.of(run).map(({ value }) => value));
  const isShare = metric === 'accuracy' || metric === 'agreement';
  const [low, high] = roomyDomain(
    teacher === undefined ? values : [...values, teacher],
    isShare ? { floor: 0, ceiling: 1 } : {},
  );
  return {
    name: t(`train.metric.${metric}`),
    x: epochAxis(order),
    y: axisOf(t(`train.axis.${metric}`), [low, high], ticks.y, language, isShare ? 100 : 1),
    marks: runs.flatMap(({ run, curves }) =>
      scores.of(run).map((point) => scoreMark(run, curves, point, order)),
    ),
    curves: runs.map(({ run, curves }) =>
      curveOf(
        run,
        scores.of(run).map(({ step, value }) => ({ x: epochOf(curves, step), y: value })),
      ),
    ),
    rules: teacher === undefined ? [] : [teacherRule(teacher, metric, order)],
    missing: [],
  };
}

const teacherRule = (
  at: number,
  metric: Metric,
  { words: { t, language }, named = false }: TrainingOrder,
): Rule => ({
  id: 'teacher',
  axis: 'y',
  at,
  tone: 'original',
  labelAt: 'start',
  ...(named ? { label: t('train.teacherAt', { score: formatScore[metric](at, language) }) } : {}),
});

function scoreMark(
  run: Run,
  curves: TrainingCurves,
  point: Score,
  { words: { t, language }, named = false }: TrainingOrder,
): Mark {
  const isBest = isSame(point, curves.report.best);
  const score = formatScore[point.metric](point.value, language);
  return {
    id: `${run}-${point.step}`,
    x: epochOf(curves, point.step),
    y: point.value,
    ...look(run),
    ...(isBest && run === 'student' ? { shape: 'ring' as const, size: 'large' as const } : {}),
    ...(isBest && named ? { label: t('train.bestOf', { run: t(`train.run.${run}`), score }) } : {}),
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
): Axis {
  const values = niceTicks(domain[0] * unit, domain[1] * unit, count);
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

/** A loss falls fast and then slowly: over more than this factor only a logarithmic axis shows both. */
const factorForDecades = 8;

function spansDecades(values: readonly number[]): boolean {
  const min = values.reduce((a, b) => Math.min(a, b), Infinity);
  const max = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return min > 0 && Number.isFinite(max) && max / min > factorForDecades;
}

/** Positions are log₁₀ of the values; ticks at 1, 2 and 5 times powers of ten, or at the powers alone where those are enough. */
function decadeAxis(
  label: string,
  values: readonly number[],
  count: number,
  language: Language,
): Axis {
  const [low, high] = roomyDomain(values.map(Math.log10), { air: 0.04 });
  const powers = Array.from(
    { length: Math.ceil(high) - Math.floor(low) + 1 },
    (_, i) => Math.floor(low) + i,
  );
  const at = (factors: readonly number[]): readonly number[] =>
    powers
      .flatMap((power) => factors.map((factor) => factor * 10 ** power))
      .filter((value) => Math.log10(value) >= low && Math.log10(value) <= high);
  const fine = at([1, 2, 5]);
  return {
    label,
    domain: [low, high],
    ticks: (fine.length <= count + 1 ? fine : at([1])).map((value) => ({
      at: Math.log10(value),
      label: decadeLabel(value, language),
    })),
  };
}

/** 0.05, 2, 500; and 10⁷ where a number would not fit beside the axis. */
function decadeLabel(value: number, language: Language): string {
  const power = Math.floor(Math.log10(value) + 1e-9);
  if (power >= -3 && power < 4) return formatNumber(value, Math.max(0, -power), language);
  const factor = Math.round(value / 10 ** power);
  const raised = Array.from(String(power), (digit) => superscripts[digit] ?? digit).join('');
  return factor === 1 ? `10${raised}` : `${factor}·10${raised}`;
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  ...Object.fromEntries(Array.from('⁰¹²³⁴⁵⁶⁷⁸⁹', (raised, digit) => [String(digit), raised])),
};

/** Both drawings as one. */
export const trainingSvg = (name: string, order: TrainingOrder): string =>
  svgRow(
    name,
    [lossScene({ ...order, named: true }), scoreScene({ ...order, named: true })].flatMap(
      (scene) => (scene === undefined ? [] : [svgXYChart(scene, panelSize)]),
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
