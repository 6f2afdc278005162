import { throwIfAborted, type Task } from '../../core/index.ts';
import { edit, type Model, type Value } from '../../graph/index.ts';
import { toModelFile } from '../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor, Session } from '../../runtime/index.ts';
import { makeTensor } from '../../tensor/index.ts';
import type { ValidationPoint } from '../learning.ts';
import { buildObjective, type ObjectiveFacts } from '../losses/build-objective.ts';
import type { Objective } from '../objective.ts';
import { scalarOf } from './float-tensors.ts';
import type { MakeBatch } from './make-batches.ts';
import type { Metric } from './metric.ts';
import { metricSums } from './metric-sums.ts';
import { fitFeeds } from './fit-feeds.ts';
import type { TeacherAnswers } from './teacher-answers.ts';
import { withWeights } from './with-weights.ts';

/** What validates: the student with some weights, run on samples it never learns from. */
export interface ValidationParts {
  readonly student: Model;
  readonly shapes: ReadonlyMap<Value, readonly number[]>;
  readonly objective: Objective;
  readonly facts: ObjectiveFacts;
  readonly metric: Metric;
  readonly samples: Uint32Array;
  readonly batchSize: number;
  readonly make: MakeBatch;
  readonly answers: TeacherAnswers | undefined;
  readonly runtime: Runtime;
  readonly task: Task;
}

export interface Validated {
  readonly value: number;
  readonly loss: number;
  readonly samples: number;
  /** The teacher's own score, where it was asked for. */
  readonly teacher: number | undefined;
}

/** `weights` by constant of the student, `helpers` in the order of the loss's own weights. */
export async function validateWeights(
  parts: ValidationParts,
  weights: Feeds,
  helpers: readonly RuntimeTensor[],
  teacherToo: boolean,
): Promise<Validated> {
  const made = evaluationModel(parts, weights, helpers, teacherToo);
  const session = await parts.runtime.create(toModelFile(made.model));
  try {
    const sums = await sumUp(parts, made, session);
    return { ...scored(parts.metric, sums), samples: sums.get('samples') ?? 0 };
  } finally {
    await session.release();
  }
}

interface EvaluationModel {
  readonly model: Model;
  /** Input of the graph → what the loss calls it. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Name of a sum → name of its output. */
  readonly sums: ReadonlyMap<string, string>;
}

function evaluationModel(
  { student, shapes, objective, facts, metric }: ValidationParts,
  weights: Feeds,
  helpers: readonly RuntimeTensor[],
  teacherToo: boolean,
): EvaluationModel {
  const sums = new Map<string, string>();
  let inputs: ReadonlyMap<string, string> = new Map();
  const model = edit(withWeights(student, weights), (change) => {
    const named = new Map<string, Value>();
    for (const node of change.model.graph.nodes)
      for (const output of node.outputs) if (output) named.set(output.name, output);
    // The same names stand for the same values in both copies.
    const dims = new Map([...shapes].map(([value, shape]) => [value.name, shape]));
    const watch = metricSums(metric, teacherToo);
    const built = buildObjective(objective, { ...facts, mixed: false, watch }).build({
      edit: change,
      outputs: change.model.graph.outputs,
      dims: (value) => dims.get(value.name) ?? [],
      named: (name) => named.get(name),
    });
    (built.weights ?? []).forEach(({ constant }, i) => {
      const tensor = helpers[i];
      if (tensor?.data instanceof Uint8Array)
        change.setConstant(constant, makeTensor(tensor.dtype, tensor.dims, tensor.data));
    });
    inputs = new Map([...built.inputs].map(([asked, { name }]) => [name, asked]));
    change.setOutputs([]);
    change.setOutputs(
      [['loss', built.loss] as const, ...built.metrics].map(([name, value]) => {
        const output = change.op('Identity', [value]);
        change.rename(output, name);
        sums.set(name, output.name);
        return output;
      }),
    );
    change.removeDead();
  });
  return { model, inputs, sums };
}

async function sumUp(
  parts: ValidationParts,
  { inputs, sums }: EvaluationModel,
  session: Session,
): Promise<ReadonlyMap<string, number>> {
  const { samples, batchSize, task } = parts;
  const totals = new Map<string, number>([['samples', 0]]);
  const add = (name: string, value: number): void => {
    totals.set(name, (totals.get(name) ?? 0) + value);
  };
  for (let from = 0; from < samples.length; from += batchSize) {
    throwIfAborted(task.signal, 'validation');
    const indices = [...samples.subarray(from, from + batchSize)];
    const batch = await parts.make(indices, undefined);
    const targets = (await parts.answers?.of(indices, undefined, batch)) ?? {};
    const given: Feeds = { ...batch.labels, ...targets };
    const feeds: Record<string, RuntimeTensor> = {};
    for (const [input, name] of inputs) {
      const tensor = given[name];
      if (tensor !== undefined) feeds[input] = tensor;
    }
    const results = await session.run({ ...fitFeeds(parts.student, batch.inputs), ...feeds });
    add('samples', indices.length);
    for (const [name, output] of sums)
      add(name, scalarOf(results[output]) * (name === 'loss' ? indices.length : 1));
    await task.breathe();
  }
  return totals;
}

function scored(
  { kind, outputs }: Metric,
  sums: ReadonlyMap<string, number>,
): Omit<Validated, 'samples'> {
  const sum = (name: string): number => sums.get(name) ?? Number.NaN;
  const loss = sum('loss') / sum('samples');
  const has = (name: string): boolean => sums.has(name);
  if (kind === 'perplexity')
    return {
      loss,
      value: Math.exp(sum('nll') / sum('rows')),
      teacher: has('teacher nll') ? Math.exp(sum('teacher nll') / sum('rows')) : undefined,
    };
  if (kind === 'sqnr') {
    const decibels = outputs.map((_, i) => 10 * Math.log10(sum(`signal ${i}`) / sum(`noise ${i}`)));
    const value = decibels.reduce((total, one) => total + one, 0) / decibels.length;
    return { loss, value, teacher: undefined };
  }
  return {
    loss,
    value: sum('right') / sum('rows'),
    teacher: has('teacher right') ? sum('teacher right') / sum('rows') : undefined,
  };
}

/** A point of the curve. */
export const validationPoint = (
  metric: Metric,
  { value, loss, samples }: Validated,
  epoch: number,
  step: number,
): ValidationPoint => ({ epoch, step, metric: metric.kind, value, loss, samples });
