import { expect } from 'vitest';
import { createRng, type Rng } from '../../core/index.ts';
import { buildModel, edit, type Model, type ModelEdit, type Value } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor, Session } from '../../runtime/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { differentiate } from '../differentiate.ts';
import { toTrainingForm, type TrainingForm } from '../training-forms.ts';
import { measuredShapes } from './measured-shapes.ts';

/**
 * A gradient rule against finite differences. The scalar is L = Σ r · y with random r, so that
 * every element of the Jacobian counts. Every element of every variable is moved by ±ε; L is
 * summed here in double precision. Variables hold distinct, well-spaced values, so that no kink
 * (Relu, Clip, MaxPool) lies within ε.
 */
export interface GradientCase {
  readonly name: string;
  /** Variables to differentiate with respect to, with their dims. */
  readonly variables: Readonly<Record<string, readonly number[]>>;
  build(edit: ModelEdit, variables: readonly Value[]): Value;
  /** Values are mapped through this, e.g. to keep them positive. */
  readonly domain?: (x: number) => number;
  readonly batchNormalization?: 'batch' | 'frozen';
  /** Of the default domain; default 18. */
  readonly opset?: number;
}

const epsilon = 4e-3;

export async function expectGradient(
  runtime: Runtime,
  test: GradientCase,
  tolerance = 2e-3,
): Promise<void> {
  const rng = createRng(7);
  const names = Object.keys(test.variables);
  const model = forwardModel(test);
  const feeds: Record<string, RuntimeTensor> = {};
  for (const name of names)
    feeds[name] = spacedValues(test.variables[name] ?? [], rng, test.domain);
  const shapes = await measuredShapes(runtime, model, feeds);
  const output = model.graph.outputs[0] as Value;
  const weights = randomTensor(shapes.get(output) ?? [], rng);
  const analytic = await analyticGradients(runtime, model, test, shapes, feeds, weights);
  const forward = await forwardSession(runtime, model, test, shapes);
  const loss = async (moved: Feeds): Promise<number> => {
    const y = floats(Object.values(await forward.run(moved))[0]);
    return floats(weights).reduce((sum, weight, i) => sum + weight * (y[i] ?? Number.NaN), 0);
  };
  for (const name of names) {
    const numeric: number[] = [];
    const values = floats(feeds[name]);
    for (let i = 0; i < values.length; i++)
      numeric.push(
        await centralDifference(values, i, (moved) =>
          loss({ ...feeds, [name]: like(feeds[name], moved) }),
        ),
      );
    expectClose(`${test.name}: d/d${name}`, floats(analytic[name]), numeric, tolerance);
  }
  await forward.release();
}

/**
 * y of a case, computed in training form, and dL/dv of each of its variables, where L = Σ seed · y
 * and `feeds` gives the variables.
 */
export async function outputAndGradients(
  runtime: Runtime,
  test: GradientCase,
  feeds: Feeds,
  seed: RuntimeTensor,
): Promise<{ output: RuntimeTensor | undefined; gradients: Record<string, RuntimeTensor> }> {
  const model = forwardModel(test);
  const shapes = await measuredShapes(runtime, model, feeds);
  const gradients = await analyticGradients(runtime, model, test, shapes, feeds, seed);
  const forward = await forwardSession(runtime, model, test, shapes);
  const [output] = Object.values(await forward.run(feeds));
  await forward.release();
  return { output, gradients };
}

const forwardSession = (
  runtime: Runtime,
  model: Model,
  test: GradientCase,
  shapes: ReadonlyMap<Value, readonly number[]>,
): Promise<Session> =>
  runtime.create({ bytes: writeBytes(inForm(model, test, shapes)) }, { optimization: 'disabled' });

async function centralDifference(
  values: Float32Array,
  index: number,
  loss: (values: Float32Array) => Promise<number>,
): Promise<number> {
  const up = values.slice();
  const down = values.slice();
  up[index] = (values[index] ?? 0) + epsilon;
  down[index] = (values[index] ?? 0) - epsilon;
  return ((await loss(up)) - (await loss(down))) / ((up[index] ?? 0) - (down[index] ?? 0));
}

function expectClose(
  what: string,
  actual: Float32Array,
  wanted: readonly number[],
  tolerance: number,
): void {
  expect(actual.length, what).toBe(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs), 1e-3);
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN))));
  expect(worst / scale, `${what}: relative error (largest gradient ${scale})`).toBeLessThan(
    tolerance,
  );
}

function forwardModel(test: GradientCase): Model {
  return buildModel(test.opset ?? 18, (change) => {
    const inputs = Object.entries(test.variables).map(([name, dims]) =>
      change.addInput(name, { kind: 'tensor', dtype: 'float32', dims }),
    );
    change.addOutput(test.build(change, inputs));
  });
}

/**
 * Training forms change what is computed (batch statistics), so the forward pass is taken in that
 * form as well.
 */
function inForm(
  model: Model,
  test: GradientCase,
  shapes: ReadonlyMap<Value, readonly number[]>,
): Model {
  return edit(model, (change) => {
    applyForms(change, test, shapes);
  });
}

function applyForms(
  change: ModelEdit,
  test: GradientCase,
  shapes: ReadonlyMap<Value, readonly number[]>,
): { forms: TrainingForm[]; dims: Map<Value, readonly number[]> } {
  const dims = new Map([...shapes].map(([value, shape]) => [change.value(value), shape]));
  const forms = [...change.model.graph.nodes].map((node) => {
    const y = node.outputs[0] as Value;
    const form = toTrainingForm(
      change,
      node,
      (value) => dims.get(value)?.length ?? 0,
      test.batchNormalization ?? 'batch',
    );
    dims.set(form.node.outputs[0] as Value, dims.get(y) ?? []);
    return form;
  });
  return { forms, dims };
}

async function analyticGradients(
  runtime: Runtime,
  model: Model,
  test: GradientCase,
  shapes: ReadonlyMap<Value, readonly number[]>,
  feeds: Feeds,
  weights: RuntimeTensor,
): Promise<Record<string, RuntimeTensor>> {
  const backward = edit(model, (change) => {
    const { forms, dims } = applyForms(change, test, shapes);
    const wanted = [...change.model.graph.inputs];
    const seed = change.addInput('seed', { kind: 'tensor', dtype: 'float32', dims: weights.dims });
    const gradients = differentiate(change, {
      nodes: forms.map((form) => form.node),
      seeds: [{ of: change.model.graph.outputs[0] as Value, gradient: seed }],
      wanted,
      dims: (value) => dims.get(value) ?? value.constant?.dims ?? [],
      saved: (node, name) => forms.find((form) => form.node === node)?.saved.get(name),
    });
    const outputs = wanted.map((value) => change.op('Identity', [gradients.get(value)]));
    outputs.forEach((output, i) => change.rename(output, `d_${wanted[i]?.name}`));
    change.setOutputs(outputs);
    change.removeDead();
  });
  const session = await runtime.create({ bytes: writeBytes(backward) });
  const results = await session.run({ ...feeds, seed: weights });
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name.replace('d_', ''), tensor]),
  );
}

/** n distinct values spread over about [-2, 2] in random order, none of them near 0. */
function spacedValues(
  dims: readonly number[],
  rng: Rng,
  domain: (x: number) => number = (x) => x,
): RuntimeTensor {
  const count = elementCount(dims);
  const spacing = Math.max(4 / count, 5 * epsilon);
  const values = Array.from({ length: count }, (_, i) => domain((i - count / 2 + 0.37) * spacing));
  for (let i = count - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    [values[i], values[j]] = [values[j] as number, values[i] as number];
  }
  return fromFloats(dims, Float32Array.from(values));
}

const randomTensor = (dims: readonly number[], rng: Rng): RuntimeTensor =>
  fromFloats(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => rng.normal()),
  );

export const fromFloats = (dims: readonly number[], values: Float32Array): RuntimeTensor => ({
  dtype: 'float32',
  dims,
  data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

const like = (tensor: RuntimeTensor | undefined, values: Float32Array): RuntimeTensor =>
  fromFloats(tensor?.dims ?? [], values);

export function floats(tensor: RuntimeTensor | undefined): Float32Array {
  if (tensor?.dtype !== 'float32' || !(tensor.data instanceof Uint8Array))
    throw new Error('not a float32 tensor');
  const { data } = tensor;
  return new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}
