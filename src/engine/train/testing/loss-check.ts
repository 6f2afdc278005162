import { expect } from 'vitest';
import { createRng } from '../../core/index.ts';
import { buildModel, edit, type ModelEdit, type Value } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from '../../runtime/index.ts';
import { elementCount, typedView } from '../../tensor/index.ts';
import type { Loss } from '../losses/loss.ts';
import { floats, fromFloats } from './float-tensors.ts';

/**
 * A loss on a network that passes its inputs on: the value, and the gradient by every element of every input (and of the loss's own
 * weights) against central differences of the loss.
 */
export interface LossCase {
  /** Outputs of the network by name, with their values. */
  readonly outputs: Readonly<Record<string, RuntimeTensor>>;
  readonly loss: Loss;
  /** Labels and targets. */
  readonly feeds: Feeds;
  /** What stands between an input and its output; default nothing. */
  readonly last?: (edit: ModelEdit, value: Value) => Value;
}

export interface CheckedLoss {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

const step = 2e-3;

/** Gradients within `tolerance` of the largest one. */
export async function checkLoss(
  runtime: Runtime,
  test: LossCase,
  tolerance = 2e-3,
): Promise<CheckedLoss> {
  const { model, weights, metrics } = lossModel(test);
  const session = await runtime.create({ bytes: writeBytes(model) });
  const start: Record<string, RuntimeTensor> = { ...test.feeds, ...weights };
  for (const [name, tensor] of Object.entries(test.outputs)) start[`in ${name}`] = tensor;
  const run = (feeds: Feeds): Promise<Record<string, RuntimeTensor>> => session.run(feeds);
  const results = await run(start);
  for (const name of Object.keys(start).filter((key) => `d ${key}` in results)) {
    const analytic = floats(results[`d ${name}`]);
    const values = floats(start[name]);
    const numeric: number[] = [];
    for (let i = 0; i < values.length; i++) {
      const at = async (moved: number): Promise<number> => {
        const changed = values.slice();
        changed[i] = (values[i] ?? 0) + moved;
        const tensor = fromFloats(start[name]?.dims ?? [], changed);
        return floats((await run({ ...start, [name]: tensor }))['loss'])[0] ?? Number.NaN;
      };
      numeric.push(((await at(step)) - (await at(-step))) / (2 * step));
    }
    const scale = Math.max(...numeric.map(Math.abs), 1e-3);
    const worst = Math.max(...numeric.map((value, i) => Math.abs(value - (analytic[i] ?? NaN))));
    expect(worst / scale, `d loss / d ${name} (largest ${scale})`).toBeLessThan(tolerance);
  }
  await session.release();
  const scalar = (name: string): number => floats(results[name])[0] ?? Number.NaN;
  return {
    loss: scalar('loss'),
    metrics: Object.fromEntries(metrics.map((name) => [name, scalar(name)])),
  };
}

function lossModel(test: LossCase) {
  const network = buildModel(18, (change) => {
    for (const [name, { dims }] of Object.entries(test.outputs)) {
      const input = change.addInput(`in ${name}`, {
        kind: 'tensor',
        dtype: 'float32',
        dims: dims.map((size, axis) => (axis === 0 ? 'batch' : size)),
      });
      const output = test.last?.(change, input) ?? change.op('Identity', [input]);
      change.rename(output, name);
      change.addOutput(output);
    }
  });
  const weights: Record<string, RuntimeTensor> = {};
  let metrics: readonly string[] = [];
  const model = edit(network, (change) => {
    const outputs = [...change.model.graph.outputs];
    const inputOf = (value: Value): Value => value.producer?.inputs[0] ?? value;
    const built = test.loss.build({
      edit: change,
      outputs,
      dims: (value) => {
        const name = outputs.find((output) => output === value || inputOf(output) === value)?.name;
        return test.outputs[name ?? '']?.dims ?? [];
      },
      named: (name) => outputs.find((output) => output.name === name),
    });
    const named: Value[] = [];
    const give = (value: Value, name: string): void => {
      const output = change.op('Identity', [value]);
      change.rename(output, name);
      named.push(output);
    };
    const sums = new Map<Value, Value>();
    for (const { of, gradient } of built.gradients) {
      const input = inputOf(of);
      const before = sums.get(input);
      sums.set(input, before === undefined ? gradient : change.op('Add', [before, gradient]));
    }
    for (const [input, sum] of sums) give(sum, `d ${input.name}`);
    for (const { constant, gradient } of built.weights ?? []) {
      const tensor = constant.constant;
      if (tensor === undefined) throw new Error('a weight of a loss is a constant');
      const name = `weight ${constant.name}`;
      const input = change.addInput(name, { kind: 'tensor', dtype: 'float32', dims: tensor.dims });
      change.replaceUses(constant, input);
      weights[name] = fromFloats(tensor.dims, (typedView(tensor) as Float32Array).slice());
      give(gradient, `d ${name}`);
    }
    metrics = [...built.metrics.keys()];
    for (const [name, value] of built.metrics) give(value, name);
    give(built.loss, 'loss');
    change.setOutputs(named);
    change.removeDead();
  });
  return { model, weights, metrics };
}

export const randomFloats = (dims: readonly number[], seed: number, scale = 1): RuntimeTensor => {
  const rng = createRng(seed);
  return fromFloats(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => scale * rng.normal()),
  );
};

export const int64s = (dims: readonly number[], values: readonly number[]): RuntimeTensor => ({
  dtype: 'int64',
  dims,
  data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});
