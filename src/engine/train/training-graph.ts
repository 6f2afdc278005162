import { EngineError } from '../core/index.ts';
import {
  edit as editModel,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../graph/index.ts';
import { makeTensor, tensorBytes, type Tensor } from '../tensor/index.ts';
import { differentiate } from './differentiate.ts';
import { add, mul, sub } from './gradients/expressions.ts';
import type { Loss } from './losses/loss.ts';
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
  readonly loss: string;
  /** Metric name → output name. */
  readonly metrics: ReadonlyMap<string, string>;
  readonly state: readonly StateSlot[];
}

/** A tensor carried from step to step. */
export interface StateSlot {
  readonly role: 'weight' | 'running' | 'optimizer' | 'average';
  /** The constant of the model it belongs to. */
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

  constructor(edit: ModelEdit, model: Model, options: TrainingGraphOptions) {
    this.#edit = edit;
    this.#options = options;
    for (const [value, dims] of options.shapes) this.#dims.set(edit.value(value), dims);
    for (const value of model.graph.constants) this.#originals.set(edit.value(value), value);
  }

  build(weights: readonly Value[]): Omit<TrainingGraph, 'model'> {
    const edit = this.#edit;
    const dataInputs = edit.model.graph.inputs.filter((input) => input.constant === undefined);
    const nodes = this.#toTrainingForms();
    const loss = this.#options.loss.build({
      edit,
      outputs: edit.model.graph.outputs,
      dims: this.#dimsOf,
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
    for (const weight of weights) {
      const gradient = gradients.get(edit.value(weight));
      if (gradient !== undefined) this.#update(weight, gradient, learningRate, averageDecay);
    }
    this.#carryRunningStatistics();
    edit.setOutputs(this.#outputs);
    edit.removeDead();
    return {
      dataInputs: dataInputs.map((input) => input.name),
      lossInputs: loss.inputs.map((input) => input.name),
      learningRate: learningRate.name,
      averageDecay: averageDecay?.name,
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
      const form = toTrainingForm(
        this.#edit,
        node,
        (value) => this.#dimsOf(value).length,
        this.#options.batchNormalization ?? 'batch',
      );
      const [before, after] = [node.outputs[0], form.node.outputs[0]];
      if (before && after && before !== after) this.#dims.set(after, this.#dimsOf(before));
      this.#forms.set(form.node, form);
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

  /** Weight, optimizer state and average of one weight. */
  #update(
    weight: Value,
    gradient: Value,
    learningRate: Value,
    averageDecay: Value | undefined,
  ): void {
    const edit = this.#edit;
    const initial = constantOf(weight);
    const value = this.#carriedInput(weight, 'weight', initial);
    const { optimizer } = this.#options;
    const state = optimizer.state.map((name) =>
      this.#stateInput(`${weight.name}/${name}`, initial),
    );
    const decays = initial.dims.filter((size) => size > 1).length >= 2;
    const next = optimizer.update({ edit, weight: value, gradient, state, learningRate, decays });
    this.#slot('weight', weight, value, next.weight, initial);
    state.forEach((slot, i) => {
      const moved = next.state[i];
      if (moved === undefined) throw new Error('an optimizer returned too little state');
      this.#slot('optimizer', weight, slot, moved, zerosLike(initial));
    });
    if (averageDecay === undefined) return;
    const average = this.#stateInput(`${weight.name}/average`, initial);
    // a ← w + d (a - w)
    const moved = add(edit, next.weight, mul(edit, sub(edit, average, next.weight), averageDecay));
    this.#slot('average', weight, average, moved, initial);
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
