import { EngineError } from '../core/index.ts';
import {
  edit as editModel,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../graph/index.ts';
import { float32Tensor, makeTensor, tensorBytes, typedView, type Tensor } from '../tensor/index.ts';
import { differentiate } from './differentiate.ts';
import { add, mul, sub } from './gradients/expressions.ts';
import {
  addAccumulation,
  type Accumulation,
  type AccumulationInputs,
} from './accumulate-gradients.ts';
import { clipByGlobalNorm } from './clip-gradients.ts';
import type { Loss, LossWeight } from './losses/loss.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { trainableWeights } from './trainable-weights.ts';
import { toTrainingForm, type TrainingForm } from './training-forms.ts';

/**
 * One training step as one ONNX graph (design, decision 1): takes a batch, labels, the learning
 * rate and the state (weights, running statistics, optimizer state); returns the loss, metrics and
 * the next state. The outputs of one run are the inputs of the next.
 */
export interface TrainingGraph {
  readonly model: Model;
  /** Names of the model's own inputs, in order. */
  readonly dataInputs: readonly string[];
  /** Names of the loss's inputs (labels). */
  readonly lossInputs: readonly string[];
  /** Scalar inputs, float32 []. `averageDecay` only with `average: true`. */
  readonly learningRate: string;
  readonly averageDecay: string | undefined;
  /** Further scalar inputs, float32 []: what each is fed at a step (from 0). */
  readonly scalars: ReadonlyMap<string, (step: number) => number>;
  /** With `accumulate: true`. */
  readonly accumulation: AccumulationInputs | undefined;
  readonly loss: string;
  /** Metric name → output name. */
  readonly metrics: ReadonlyMap<string, string>;
  readonly state: readonly StateSlot[];
}

/** A tensor carried from step to step. */
export interface StateSlot {
  /** 'gradient': accumulated ones. 'helper': a weight of the loss, thrown away afterwards. */
  readonly role: 'weight' | 'running' | 'optimizer' | 'average' | 'gradient' | 'helper';
  /** The constant of the model it belongs to (of the training graph, for what belongs to helpers). */
  readonly of: Value;
  readonly input: string;
  readonly output: string;
  /** float32, what the first step starts from. */
  readonly initial: Tensor;
}

export interface TrainingGraphOptions {
  /** Measured shapes of the model's values, at a batch size above 1. */
  readonly shapes: ReadonlyMap<Value, readonly number[]>;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Which constants learn; default `trainableWeights(model)`. */
  readonly weights?: readonly Value[];
  /**
   * 'frozen' keeps the file's statistics, as small batches or folded-in fine-tuning need. Default
   * 'batch'.
   */
  readonly batchNormalization?: 'batch' | 'frozen';
  /** Also carries an exponential moving average of every weight. */
  readonly average?: boolean;
  /** Weights whose zeros stay zero (pruned ones). */
  readonly masked?: ReadonlySet<Value>;
  /** Largest L2 norm of all gradients together: longer ones are shortened (Pascanu et al. 2013). Adds the metric `gradient norm`. */
  readonly clipNorm?: number | undefined;
  /** Gradients of several runs are averaged before the weights move: adds the inputs of `accumulation`. */
  readonly accumulate?: boolean;
}

/** Something that learns. */
interface Moving {
  readonly of: Value;
  readonly role: 'weight' | 'helper';
  readonly gradient: Value;
}

interface UpdateInputs {
  readonly learningRate: Value;
  readonly averageDecay: Value | undefined;
  readonly fed: ReadonlyMap<string, Value>;
  readonly accumulation: Accumulation | undefined;
}

/** The version of the default domain whose operators the training graph is written in. */
const lowestOpset = 18;

/**
 * Throws `train/no-rule` when an operator without gradient stands between the loss and a weight,
 * when there is no weight, or when the model's opset is older than the operators a training graph
 * is made of.
 */
export function trainingGraph(model: Model, options: TrainingGraphOptions): TrainingGraph {
  const weights = options.weights ?? trainableWeights(model);
  if (weights.length === 0)
    throw new EngineError('train/no-rule', {
      where: model.graph.name,
      detail: 'the model has no trainable weight',
    });
  const opset = model.opsets.get('') ?? 0;
  if (opset < lowestOpset)
    throw new EngineError('train/no-rule', {
      where: model.graph.name,
      detail: `opset ${opset} lacks operators that training needs`,
      hint: `Convert the model to opset ${lowestOpset} or later first`,
    });
  let parts: Omit<TrainingGraph, 'model'> | undefined;
  const trained = editModel(model, (edit) => {
    parts = new Assembly(edit, model, options).build(weights);
  });
  if (parts === undefined) throw new Error('the training graph was not assembled');
  return { model: trained, ...parts };
}

class Assembly {
  readonly #edit: ModelEdit;
  readonly #options: TrainingGraphOptions;
  readonly #dims = new Map<Value, readonly number[]>();
  readonly #forms = new Map<Node, TrainingForm>();
  readonly #outputs: Value[] = [];
  readonly #state: StateSlot[] = [];
  /** The model's own constant behind each one of the copy being edited. */
  readonly #originals = new Map<Value, Value>();
  /** Values by the name they have in the model, in their training form. */
  readonly #named = new Map<string, Value>();

  constructor(edit: ModelEdit, model: Model, options: TrainingGraphOptions) {
    this.#edit = edit;
    this.#options = options;
    for (const [value, dims] of options.shapes) this.#dims.set(edit.value(value), dims);
    for (const value of model.graph.constants) this.#originals.set(edit.value(value), value);
    for (const input of model.graph.inputs) this.#named.set(input.name, edit.value(input));
  }

  build(weights: readonly Value[]): Omit<TrainingGraph, 'model'> {
    const edit = this.#edit;
    const dataInputs = edit.model.graph.inputs.filter((input) => input.constant === undefined);
    const nodes = this.#toTrainingForms();
    const loss = this.#options.loss.build({
      edit,
      outputs: edit.model.graph.outputs,
      dims: this.#dimsOf,
      named: (name) => this.#named.get(name),
    });
    const gradients = differentiate(edit, {
      nodes,
      seeds: loss.gradients,
      wanted: weights.map((weight) => edit.value(weight)),
      dims: this.#dimsOf,
      saved: (node, name) => this.#forms.get(node)?.saved.get(name),
    });
    edit.setOutputs([]);
    const lossName = this.#output(loss.loss, 'loss');
    const metrics = new Map(
      [...loss.metrics].map(([name, value]) => [name, this.#output(value, name)]),
    );
    const learningRate = this.#scalarInput('learning_rate');
    const averageDecay =
      this.#options.average === true ? this.#scalarInput('average_decay') : undefined;
    const accumulation = this.#options.accumulate === true ? addAccumulation(edit) : undefined;
    const moving = this.#moving(weights, gradients, loss.weights ?? []);
    const clipped = this.#clip(this.#accumulated(moving, accumulation), metrics);
    const fed = this.#fedScalars();
    for (const one of clipped) this.#update(one, { learningRate, averageDecay, fed, accumulation });
    this.#carryRunningStatistics();
    edit.setOutputs(this.#outputs);
    edit.removeDead();
    return {
      dataInputs: dataInputs.map((input) => input.name),
      lossInputs: loss.inputs.map((input) => input.name),
      learningRate: learningRate.name,
      averageDecay: averageDecay?.name,
      scalars: new Map(
        Object.entries(this.#options.optimizer.scalars ?? {}).map(([name, at]) => [
          (fed.get(name) as Value).name,
          at,
        ]),
      ),
      accumulation: accumulation?.names,
      loss: lossName,
      metrics,
      state: this.#state,
    };
  }

  readonly #dimsOf = (value: Value): readonly number[] => {
    const dims = this.#dims.get(value) ?? value.constant?.dims;
    if (dims === undefined) throw new Error(`the shape of ${value.name} was not measured`);
    return dims;
  };

  #toTrainingForms(): Node[] {
    return [...this.#edit.model.graph.nodes].map((node) => {
      const names = node.outputs.map((output) => output?.name);
      const form = toTrainingForm(
        this.#edit,
        node,
        (value) => this.#dimsOf(value).length,
        this.#options.batchNormalization ?? 'batch',
      );
      const [before, after] = [node.outputs[0], form.node.outputs[0]];
      if (before && after && before !== after) this.#dims.set(after, this.#dimsOf(before));
      this.#forms.set(form.node, form);
      names.forEach((name, i) => {
        const output = form.node.outputs[i];
        if (name !== undefined && output !== undefined) this.#named.set(name, output);
      });
      return form.node;
    });
  }

  #output(value: Value, name: string): string {
    // A graph output must be a value of its own: the same one may be asked for twice, or be an input.
    const output = this.#edit.op('Identity', [value]);
    this.#edit.rename(output, name);
    this.#outputs.push(output);
    return output.name;
  }

  #scalarInput(name: string): Value {
    return this.#edit.addInput(name, { kind: 'tensor', dtype: 'float32', dims: [] });
  }

  /** Everything that learns and has a gradient, with masked gradients: where a weight is zero for good, so is its gradient. */
  #moving(
    weights: readonly Value[],
    gradients: ReadonlyMap<Value, Value>,
    helpers: readonly LossWeight[],
  ): Moving[] {
    const edit = this.#edit;
    const own = weights.flatMap((weight): Moving[] => {
      const gradient = gradients.get(edit.value(weight));
      if (gradient === undefined) return [];
      const initial = constantOf(weight);
      const masked = this.#options.masked?.has(weight) === true;
      return [
        { of: weight, role: 'weight', gradient: masked ? mask(edit, gradient, initial) : gradient },
      ];
    });
    const others = helpers.map(
      ({ constant, gradient }): Moving => ({ of: constant, role: 'helper', gradient }),
    );
    return [...own, ...others];
  }

  #accumulated(moving: readonly Moving[], accumulation: Accumulation | undefined): Moving[] {
    return moving.map((one) => {
      if (accumulation === undefined) return one;
      const initial = constantOf(one.of);
      const before = this.#stateInput(`${one.of.name}/gradient`, initial);
      const gradient = accumulation.add(before, one.gradient);
      this.#slot('gradient', one.of, before, gradient, zerosLike(initial));
      return { ...one, gradient };
    });
  }

  #clip(moving: readonly Moving[], metrics: Map<string, string>): readonly Moving[] {
    const { clipNorm } = this.#options;
    if (clipNorm === undefined) return moving;
    const { norm, clipped } = clipByGlobalNorm(
      this.#edit,
      moving.map((one) => one.gradient),
      clipNorm,
    );
    metrics.set('gradient norm', this.#output(norm, 'gradient norm'));
    return moving.map((one, i) => ({ ...one, gradient: clipped[i] as Value }));
  }

  #fedScalars(): ReadonlyMap<string, Value> {
    const names = Object.keys(this.#options.optimizer.scalars ?? {});
    return new Map(names.map((name) => [name, this.#scalarInput(name)]));
  }

  /** Weight, optimizer state and average of one weight. */
  #update(
    { of, role, gradient }: Moving,
    { learningRate, averageDecay, fed, accumulation }: UpdateInputs,
  ): void {
    const edit = this.#edit;
    const initial = constantOf(of);
    const weight = this.#carriedInput(of, role, initial);
    const { optimizer } = this.#options;
    const state = optimizer.state.map((name) => this.#stateInput(`${of.name}/${name}`, initial));
    const decays = initial.dims.filter((size) => size > 1).length >= 2;
    const scalar = (name: string): Value =>
      fed.get(name) ?? fail(`the optimizer declares no scalar ${name}`);
    const moved = optimizer.update({ edit, weight, gradient, state, learningRate, scalar, decays });
    const applied = (next: Value | undefined, before: Value): Value => {
      if (next === undefined) return fail('an optimizer returned too little state');
      return accumulation === undefined ? next : accumulation.applied(next, before);
    };
    const next = applied(moved.weight, weight);
    this.#slot(role, of, weight, next, initial);
    state.forEach((slot, i) =>
      this.#slot('optimizer', of, slot, applied(moved.state[i], slot), zerosLike(initial)),
    );
    if (averageDecay === undefined || role === 'helper') return;
    const average = this.#stateInput(`${of.name}/average`, initial);
    // a ← w + d (a - w)
    const moving = add(edit, next, mul(edit, sub(edit, average, next), averageDecay));
    this.#slot('average', of, average, applied(moving, average), initial);
  }

  #carryRunningStatistics(): void {
    for (const form of this.#forms.values())
      for (const { constant, next } of form.running) {
        const original = this.#originals.get(constant);
        if (original === undefined) throw new Error(`${constant.name} is no constant of the model`);
        const initial = constantOf(original);
        const input = this.#carriedInput(original, 'running', initial);
        this.#slot('running', original, input, next, initial);
      }
  }

  /** Turns a constant of the model into an input of the training graph. */
  #carriedInput(constant: Value, role: string, initial: Tensor): Value {
    const copy = this.#edit.value(constant);
    const input = this.#stateInput(`${constant.name}/${role}`, initial);
    this.#edit.replaceUses(copy, input);
    return input;
  }

  #stateInput(name: string, like: Tensor): Value {
    return this.#edit.addInput(name, { kind: 'tensor', dtype: 'float32', dims: like.dims });
  }

  #slot(role: StateSlot['role'], of: Value, input: Value, next: Value, initial: Tensor): void {
    const output = this.#output(next, `${input.name}/next`);
    this.#state.push({ role, of, input: input.name, output, initial });
  }
}

function constantOf(value: Value): Tensor {
  if (value.constant === undefined || value.constant.dtype !== 'float32')
    throw new EngineError('train/no-rule', {
      where: value.name,
      detail: 'only float32 constants can be trained',
    });
  return value.constant;
}

const zerosLike = (tensor: Tensor): Tensor =>
  makeTensor('float32', tensor.dims, new Uint8Array(tensorBytes(tensor).byteLength));

/** The gradient where the weight is not zero, 0 where it is. */
function mask(edit: ModelEdit, gradient: Value, weight: Tensor): Value {
  const kept = Float32Array.from(typedView(weight) as Float32Array, (w) => (w === 0 ? 0 : 1));
  return mul(edit, gradient, edit.addConstant('mask', float32Tensor(weight.dims, kept)));
}

function fail(detail: string): never {
  throw new Error(detail);
}
