import { buildModel, edit, type Model, type ModelEdit, type Value } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from '../../runtime/index.ts';
import { differentiate } from '../differentiate.ts';
import { toTrainingForm, type TrainingForm } from '../training-forms.ts';
import { measuredShapes } from './measured-shapes.ts';

/**
 * A small function of variables, and its gradient as the rules give it, on any runtime: in Node for
 * the unit tests, in the browser for those on WebGPU.
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

/** A case as two models that take its variables by name. */
export interface CaseGraphs {
  /** → y, in training form: that changes what is computed (batch statistics). */
  readonly forward: Model;
  /** And `seed`, shaped like y → dL/dv of each variable as `d_v`, where L = Σ seed · y. */
  readonly backward: Model;
  readonly outputDims: readonly number[];
}

/** `runtime` measures the shapes that the rules go by, at the dims of `feeds`. */
export async function caseGraphs(
  runtime: Runtime,
  test: GradientCase,
  feeds: Feeds,
): Promise<CaseGraphs> {
  const model = forwardModel(test);
  const shapes = await measuredShapes(runtime, model, feeds);
  const outputDims = shapes.get(model.graph.outputs[0] as Value) ?? [];
  const forward = edit(model, (change) => {
    applyForms(change, test, shapes);
  });
  return { forward, backward: backwardModel(model, test, shapes, outputDims), outputDims };
}

/** y of a case, and dL/dv of each of its variables, where L = Σ seed · y. */
export async function outputAndGradients(
  runtime: Runtime,
  test: GradientCase,
  feeds: Feeds,
  seed: RuntimeTensor,
): Promise<{ output: RuntimeTensor | undefined; gradients: Record<string, RuntimeTensor> }> {
  const graphs = await caseGraphs(runtime, test, feeds);
  return {
    gradients: await gradientsOf(runtime, graphs, feeds, seed),
    output: await outputOf(runtime, graphs, feeds),
  };
}

/** dL/dv by the name of the variable. */
export async function gradientsOf(
  runtime: Runtime,
  { backward }: CaseGraphs,
  feeds: Feeds,
  seed: RuntimeTensor,
): Promise<Record<string, RuntimeTensor>> {
  const session = await runtime.create({ bytes: writeBytes(backward) });
  const results = await session.run({ ...feeds, seed });
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name.replace('d_', ''), tensor]),
  );
}

export async function outputOf(
  runtime: Runtime,
  { forward }: CaseGraphs,
  feeds: Feeds,
): Promise<RuntimeTensor | undefined> {
  const session = await runtime.create(
    { bytes: writeBytes(forward) },
    { optimization: 'disabled' },
  );
  const [output] = Object.values(await session.run(feeds));
  await session.release();
  return output;
}

function forwardModel(test: GradientCase): Model {
  return buildModel(test.opset ?? 18, (change) => {
    const inputs = Object.entries(test.variables).map(([name, dims]) =>
      change.addInput(name, { kind: 'tensor', dtype: 'float32', dims }),
    );
    change.addOutput(test.build(change, inputs));
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

const backwardModel = (
  model: Model,
  test: GradientCase,
  shapes: ReadonlyMap<Value, readonly number[]>,
  outputDims: readonly number[],
): Model =>
  edit(model, (change) => {
    const { forms, dims } = applyForms(change, test, shapes);
    const wanted = [...change.model.graph.inputs];
    const seed = change.addInput('seed', { kind: 'tensor', dtype: 'float32', dims: outputDims });
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
