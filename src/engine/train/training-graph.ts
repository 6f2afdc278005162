import { EngineError } from '../core/index.ts';
import {
  edit as editModel,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../graph/index.ts';
import type { AccumulationInputs } from './accumulate-gradients.ts';
import { CarriedState, type StateSlot } from './carried-state.ts';
import { differentiate } from './differentiate.ts';
import type { Loss, LossWeight } from './losses/loss.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { trainableWeights } from './trainable-weights.ts';
import { toTrainingForm, type TrainingForm } from './training-forms.ts';
import { constantOf, type Moving, type UpdateInputs, updateWeights } from './update-weights.ts';

export type { StateSlot } from './carried-state.ts';

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
  /** The same → what the loss calls them (`labels`, `teacher/…`): another name only where the model has a value of that name. */
  readonly targets: ReadonlyMap<string, string>;
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
  readonly #carried: CarriedState;
  /** The model's own constant behind each one of the copy being edited. */
  readonly #originals = new Map<Value, Value>();
  /** Values by the name they have in the model, in their training form. */
  readonly #named = new Map<string, Value>();

  constructor(edit: ModelEdit, model: Model, options: TrainingGraphOptions) {
    this.#edit = edit;
    this.#options = options;
    this.#carried = new CarriedState(edit);
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
    const carried = this.#carried;
    const lossName = carried.output(loss.loss, 'loss');
    const metrics = new Map(
      [...loss.metrics].map(([name, value]) => [name, carried.output(value, name)]),
    );
    const inputs = this.#update(weights, gradients, loss.weights ?? []);
    if (inputs.norm !== undefined)
      metrics.set('gradient norm', carried.output(inputs.norm, 'gradient norm'));
    this.#carryRunningStatistics();
    edit.setOutputs(carried.outputs);
    edit.removeDead();
    return {
      dataInputs: dataInputs.map((input) => input.name),
      lossInputs: [...loss.inputs.values()].map((input) => input.name),
      targets: new Map([...loss.inputs].map(([asked, { name }]) => [name, asked])),
      learningRate: inputs.learningRate.name,
      averageDecay: inputs.averageDecay?.name,
      scalars: new Map(
        [...inputs.fed].map(([name, { name: input }]) => [
          input,
          this.#options.optimizer.scalars?.[name] ?? (() => Number.NaN),
        ]),
      ),
      accumulation: inputs.accumulation?.names,
      loss: lossName,
      metrics,
      state: carried.slots,
    };
  }

  #update(
    weights: readonly Value[],
    gradients: ReadonlyMap<Value, Value>,
    helpers: readonly LossWeight[],
  ): UpdateInputs {
    const { optimizer, average = false, accumulate = false, clipNorm, masked } = this.#options;
    const own = weights.flatMap((of): Moving[] => {
      const gradient = gradients.get(this.#edit.value(of));
      return gradient === undefined
        ? []
        : [{ of, role: 'weight', gradient, masked: masked?.has(of) === true }];
    });
    const others = helpers.map(
      ({ constant: of, gradient }): Moving => ({ of, role: 'helper', gradient, masked: false }),
    );
    const options = { optimizer, average, accumulate, clipNorm };
    return updateWeights(this.#edit, this.#carried, [...own, ...others], options);
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

  #carryRunningStatistics(): void {
    for (const form of this.#forms.values())
      for (const { constant, next } of form.running) {
        const original = this.#originals.get(constant);
        if (original === undefined) throw new Error(`${constant.name} is no constant of the model`);
        const initial = constantOf(original);
        const input = this.#carried.inputFor(original, 'running', initial);
        this.#carried.carry('running', original, input, next, initial);
      }
  }
}
