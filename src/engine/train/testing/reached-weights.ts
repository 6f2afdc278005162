import { createRng, quietTask } from '../../core/index.ts';
import { edit, type Model, type Value } from '../../graph/index.ts';
import { toModelFile } from '../../onnx/index.ts';
import {
  defaultDims,
  measureShapes,
  syntheticInputs,
  type Feeds,
  type Runtime,
  type RuntimeTensor,
} from '../../runtime/index.ts';
import { differentiate } from '../differentiate.ts';
import { toTrainingForm, type TrainingForm } from '../training-forms.ts';
import { carriesGradient } from '../trainable-share.ts';
import { trainableWeights } from '../trainable-weights.ts';

/**
 * What gradients really do in a model: L = Σ (r · y) over all float outputs with random r, differentiated and run once on made-up
 * inputs. BatchNormalization keeps its statistics, since one sample has none.
 */
export interface ReachedWeights {
  readonly weights: readonly Value[];
  /** Weights whose gradient came back finite and not zero everywhere. */
  readonly moved: readonly Value[];
  /** Weights without a gradient, or with one that is zero everywhere or not finite. */
  readonly still: readonly {
    readonly weight: Value;
    readonly why: 'none' | 'zero' | 'not finite';
  }[];
  /** The gradients, by the name of the weight. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** `model`: prepared for training. Throws `train/no-rule`. */
export async function reachedWeights(
  model: Model,
  runtime: Runtime,
  feeds: Feeds = twoSamples(model),
  weights: readonly Value[] = trainableWeights(model),
): Promise<ReachedWeights> {
  const shapes = await measureShapes(model, runtime, feeds, quietTask);
  const names = new Map<Value, string>();
  const backward = edit(model, (change) => {
    const dims = new Map([...shapes].map(([value, shape]) => [change.value(value), shape]));
    const dimsOf = (value: Value): readonly number[] =>
      dims.get(value) ?? value.constant?.dims ?? lost(value);
    const forms = new Map<unknown, TrainingForm>();
    const nodes = [...change.model.graph.nodes].map((node) => {
      const before = node.outputs;
      const form = toTrainingForm(change, node, (value) => dimsOf(value).length, 'frozen');
      form.node.outputs.forEach((after, i) => {
        const old = before[i];
        const known = old && dims.get(old);
        if (after && known) dims.set(after, known);
      });
      forms.set(form.node, form);
      return form.node;
    });
    const rng = createRng(11);
    const seeds = change.model.graph.outputs.filter(carriesGradient).map((of) => ({
      of,
      gradient: change.op('RandomNormalLike', [of], {
        seed: { kind: 'float', value: rng.integer(1000) },
      }),
    }));
    const gradients = differentiate(change, {
      nodes,
      seeds,
      wanted: weights.map((weight) => change.value(weight)),
      dims: dimsOf,
      saved: (node, name) => forms.get(node)?.saved.get(name),
    });
    const outputs = weights.flatMap((weight) => {
      const gradient = gradients.get(change.value(weight));
      if (gradient === undefined) return [];
      const output = change.op('Identity', [gradient]);
      names.set(weight, output.name);
      return [output];
    });
    change.setOutputs(outputs);
    change.removeDead();
  });
  return { weights, ...(await run(backward, runtime, feeds, weights, names)) };
}

async function run(
  backward: Model,
  runtime: Runtime,
  feeds: Feeds,
  weights: readonly Value[],
  names: ReadonlyMap<Value, string>,
): Promise<Omit<ReachedWeights, 'weights'>> {
  const session = await runtime.create(toModelFile(backward));
  const read = new Set(backward.graph.inputs.map((input) => input.name));
  const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => read.has(name)));
  const results = await session.run(used);
  await session.release();
  const moved: Value[] = [];
  const still: { weight: Value; why: 'none' | 'zero' | 'not finite' }[] = [];
  const gradients = new Map<string, Float32Array>();
  for (const weight of weights) {
    const gradient = floats(results[names.get(weight) ?? '']);
    if (gradient === undefined) still.push({ weight, why: 'none' });
    else if (!gradient.every(Number.isFinite)) still.push({ weight, why: 'not finite' });
    else if (gradient.every((value) => value === 0)) still.push({ weight, why: 'zero' });
    else moved.push(weight);
    if (gradient !== undefined) gradients.set(weight.name, gradient);
  }
  return { moved, still, gradients };
}

/** Made-up inputs with two samples where the model leaves the batch open. */
export function twoSamples(model: Model): Feeds {
  const guess = defaultDims(model);
  const batches = guess.assumptions.filter(({ kind }) => kind === 'batch');
  const two = Object.fromEntries(batches.map(({ key }) => [key, 2]));
  return syntheticInputs(model, createRng(5), defaultDims(model, two));
}

function floats(tensor: RuntimeTensor | undefined): Float32Array | undefined {
  if (!(tensor?.data instanceof Uint8Array)) return undefined;
  return new Float32Array(tensor.data.slice().buffer);
}

function lost(value: Value): never {
  throw new Error(`the shape of ${value.name} was not measured`);
}
