import { EngineError } from '../../core/index.ts';
import { isOp, type Model, type Value } from '../../graph/index.ts';
import type { ValidationPoint } from '../learning.ts';
import { logitsTarget, outputTarget } from '../losses/build-objective.ts';
import type { Objective } from '../objective.ts';

/**
 * What tells a better student from a worse one: right answers where there are labels, perplexity where every position has one, otherwise how
 * near it is to the teacher: the same top class, or for other values the ratio of signal to difference. All are sums computed inside the graph.
 */
export interface Metric {
  readonly kind: ValidationPoint['metric'];
  /** Outputs of the student that count; one, but for 'sqnr'. */
  readonly outputs: readonly string[];
}

export interface MetricFacts {
  readonly student: Model;
  readonly dims: (value: Value) => readonly number[];
  readonly labels: Int32Array | undefined;
  readonly labelledPositions: boolean;
  readonly hasTeacher: boolean;
}

export function chooseMetric(objective: Objective, facts: MetricFacts): Metric {
  const outputs = comparedOutputs(objective, facts.student);
  const [first] = outputs;
  if (first === undefined)
    throw new EngineError('graph/invalid', { where: 'graph', detail: 'the model has no output' });
  const names = outputs.map((output) => output.name);
  const shape = facts.dims(first);
  const wide = shape.slice(1).filter((size) => size > 1).length;
  if (facts.labelledPositions && wide > 1) return { kind: 'perplexity', outputs: [first.name] };
  const classes = shape[1] ?? 0;
  const isRow = wide === 1 && classes > 1;
  const highest = facts.labels?.reduce((most, label) => Math.max(most, label), -1) ?? -1;
  if (isRow && highest >= 0 && highest < classes)
    return { kind: 'accuracy', outputs: [first.name] };
  if (!facts.hasTeacher)
    throw new EngineError('data/labels-missing', {
      where: first.name,
      detail: 'there are neither labels that fit it nor a teacher',
    });
  const isClasses = wide >= 1 && objective.terms.some(isAboutClasses(first));
  return isClasses
    ? { kind: 'agreement', outputs: [first.name] }
    : { kind: 'sqnr', outputs: names };
}

const isAboutClasses =
  (output: Value) =>
  (term: Objective['terms'][number]): boolean =>
    isOp(output.producer, 'Softmax') ||
    ((term.kind === 'cross-entropy' || term.kind === 'soft-labels') && term.output === output.name);

/** The outputs that the objective speaks of, those of class terms first; the first output where it only has hints. */
function comparedOutputs({ terms }: Objective, { graph }: Model): readonly Value[] {
  const isClass = (kind: string): boolean => kind === 'cross-entropy' || kind === 'soft-labels';
  const sorted = terms.toSorted((a, b) => Number(isClass(b.kind)) - Number(isClass(a.kind)));
  const names = new Set(sorted.flatMap((term) => (term.kind === 'hint' ? [] : [term.output])));
  const named = [...names].flatMap((name) => graph.outputs.filter((value) => value.name === name));
  return named.length > 0 ? named : graph.outputs.slice(0, 1);
}

export const isBetter = (point: ValidationPoint, best: ValidationPoint | undefined): boolean => {
  if (best === undefined) return true;
  if (point.value === best.value) return point.loss < best.loss;
  return point.metric === 'perplexity' ? point.value < best.value : point.value > best.value;
};

/** The input of the loss that takes what the metric compares with: logits for perplexity, the output as it is otherwise. */
export const metricTarget = ({ kind }: Metric, output: string): string =>
  kind === 'perplexity' ? logitsTarget(output) : outputTarget(output);

/** Targets that the metric reads; those of the teacher's own score only with `teacherToo`. */
export function metricTargets(metric: Metric, teacherToo: boolean): readonly string[] {
  const compares = metric.kind === 'agreement' || metric.kind === 'sqnr';
  return compares || teacherToo ? metric.outputs.map((name) => metricTarget(metric, name)) : [];
}
