import type { ModelEdit, Value } from '../graph/index.ts';
import { makeTensor, tensorBytes, type Tensor } from '../tensor/index.ts';

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

/** The inputs and outputs of a training graph while it is assembled: what a step is given and what it hands on. */
export class CarriedState {
  readonly #edit: ModelEdit;
  readonly #outputs: Value[] = [];
  readonly #slots: StateSlot[] = [];

  constructor(edit: ModelEdit) {
    this.#edit = edit;
  }

  get outputs(): readonly Value[] {
    return this.#outputs;
  }

  get slots(): readonly StateSlot[] {
    return this.#slots;
  }

  output(value: Value, name: string): string {
    // A graph output must be a value of its own: the same one may be asked for twice, or be an input.
    const output = this.#edit.op('Identity', [value]);
    this.#edit.rename(output, name);
    this.#outputs.push(output);
    return output.name;
  }

  scalarInput(name: string): Value {
    return this.#edit.addInput(name, { kind: 'tensor', dtype: 'float32', dims: [] });
  }

  /** An input of the shape of `like`. */
  input(name: string, like: Tensor): Value {
    return this.#edit.addInput(name, { kind: 'tensor', dtype: 'float32', dims: like.dims });
  }

  /** Turns a constant of the model into an input of the training graph. */
  inputFor(constant: Value, role: string, initial: Tensor): Value {
    const copy = this.#edit.value(constant);
    const input = this.input(`${constant.name}/${role}`, initial);
    this.#edit.replaceUses(copy, input);
    return input;
  }

  carry(role: StateSlot['role'], of: Value, input: Value, next: Value, initial: Tensor): void {
    const output = this.output(next, `${input.name}/next`);
    this.#slots.push({ role, of, input: input.name, output, initial });
  }
}

export const zerosLike = (tensor: Tensor): Tensor =>
  makeTensor('float32', tensor.dims, new Uint8Array(tensorBytes(tensor).byteLength));
