import { intAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import {
  countOf,
  div,
  indicator,
  mul,
  reduceSum,
  reshape,
  scalar,
  sub,
} from '../gradients/expressions.ts';
import { classRows, correctRows, largest, validRows } from '../losses/class-rows.ts';
import { crossEntropyOf } from '../losses/cross-entropy.ts';
import type { LossInputs } from '../losses/loss-inputs.ts';
import type { LossContext } from '../losses/loss.ts';
import { metricTarget, type Metric } from './metric.ts';

/**
 * A metric as sums over a batch, computed inside the graph so that no scores cross the border of the runtime:
 *   accuracy, agreement: `right`, `rows`;   perplexity: `nll` (summed over positions), `rows`;   sqnr: `signal i`, `noise i` per output.
 * With `teacherToo` also `teacher right` or `teacher nll`.
 */
type Sums = ReadonlyMap<string, Value>;

interface Parts {
  readonly context: LossContext;
  readonly inputs: LossInputs;
  readonly output: Value;
  /** The input that takes the teacher's value. */
  readonly target: () => Value;
  readonly teacherToo: boolean;
}

export const metricSums =
  (metric: Metric, teacherToo: boolean) =>
  (context: LossContext, inputs: LossInputs): Sums =>
    new Map(
      metric.outputs.flatMap((name, i) => {
        const output = context.outputs.find((value) => value.name === name) as Value;
        const rank = context.dims(output).length;
        const target = (): Value => inputs.target(metricTarget(metric, name), rank);
        const parts: Parts = { context, inputs, output, target, teacherToo };
        if (metric.kind === 'sqnr') return signalSums(parts, i);
        if (metric.kind === 'perplexity') return likelihoodSums(parts);
        return metric.kind === 'accuracy' ? rightSums(parts) : agreementSums(parts);
      }),
    );

type Named = [string, Value];

function signalSums({ context: { edit }, output, target }: Parts, index: number): Named[] {
  const squares = (value: Value): Value =>
    edit.op('ReduceSum', [mul(edit, value, value)], { keepdims: intAttribute(0) });
  const wanted = target();
  return [
    [`signal ${index}`, squares(wanted)],
    [`noise ${index}`, squares(sub(edit, output, wanted))],
  ];
}

function likelihoodSums({ context, inputs, output, target, teacherToo }: Parts): Named[] {
  const { edit, dims } = context;
  const rows = reduceSum(edit, validRows(edit, inputs.labels(2)), [0, 1], false);
  const shaped = {
    ...context,
    dims: (value: Value) => (value.producer === undefined ? dims(output) : dims(value)),
  };
  const sum = (value: Value): Value =>
    mul(edit, crossEntropyOf(shaped, inputs, value, { smoothing: 0 }).loss, rows);
  return [
    ['rows', rows],
    ['nll', sum(output)],
    ...(teacherToo ? [['teacher nll', sum(target())] satisfies Named] : []),
  ];
}

function rightSums({ context, inputs, output, target, teacherToo }: Parts): Named[] {
  const { edit } = context;
  const scores = classRows(context, output);
  const labels = inputs.labels(1);
  const teacher = (): Value =>
    correctRows(edit, reshape(edit, target(), [-1, scores.classes]), labels);
  return [
    ['rows', rowCount(edit, scores)],
    ['right', correctRows(edit, scores.rows, labels)],
    ...(teacherToo ? [['teacher right', teacher()] satisfies Named] : []),
  ];
}

function agreementSums({ context, output, target }: Parts): Named[] {
  const { edit } = context;
  const scores = classRows(context, output);
  const others = reshape(edit, target(), [-1, scores.classes]);
  const same = edit.op('Equal', [largest(edit, scores.rows), largest(edit, others)]);
  return [
    ['rows', rowCount(edit, scores)],
    ['right', reduceSum(edit, indicator(edit, same), [0], false)],
  ];
}

function rowCount(
  edit: ModelEdit,
  { rows, classes }: { readonly rows: Value; readonly classes: number },
): Value {
  return div(edit, countOf(edit, rows), scalar(edit, classes));
}
