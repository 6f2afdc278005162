import { buildModel, edit, type Model, type ModelEdit, type Value } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from '../../runtime/index.ts';
import { differentiate } from '../differentiate.ts';
import { nodesForCpu } from '../nodes-for-cpu.ts';
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
  /** And `seed`, shaped like y → y, and dL/dv of each variable as `d_v`, where L = Σ seed · y. */
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

/** y of a case, and dL/dv by the name of each of its variables, where L = Σ seed · y. */
export interface CaseResults {
  readonly output: RuntimeTensor | undefined;
  readonly gradients: Readonly<Record<string, RuntimeTensor>>;
}

export const outputAndGradients = async (
  runtime: Runtime,
  test: GradientCase,
  feeds: Feeds,
  seed: RuntimeTensor,
): Promise<CaseResults> => runCase(runtime, await caseGraphs(runtime, test, feeds), feeds, seed);

export async function runCase(
  runtime: Runtime,
  { backward }: CaseGraphs,
  feeds: Feeds,
  seed: RuntimeTensor,
): Promise<CaseResults> {
  const options = { onCpu: nodesForCpu(backward) };
  const session = await runtime.create({ bytes: writeBytes(backward) }, options);
  try {
    const results = Object.entries(await session.run({ ...feeds, seed }));
    const gradients = results.filter(([name]) => name.startsWith('d_'));
    return {
      output: results.find(([name]) => !name.startsWith('d_'))?.[1],
      gradients: Object.fromEntries(gradients.map(([name, d]) => [name.slice(2), d])),
    };
  } finally {
    await session.release();
  }
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
    change.setOutputs([...change.model.graph.outputs, ...outputs]);
    change.removeDead();
  });
