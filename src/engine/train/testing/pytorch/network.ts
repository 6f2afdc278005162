import { intsAttribute, type Attribute, type ModelEdit, type Value } from '../../../graph/index.ts';
import { float32Tensor, int64Tensor } from '../../../tensor/index.ts';

/**
 * A network of scripts/oracles/pytorch-gradients.py as PyTorch's exporter writes it in ONNX. `v`
 * gives the variables by name.
 */
export type Network = (edit: ModelEdit, v: (name: string) => Value) => Value;

export const ints = (...values: number[]): Attribute => intsAttribute(values);

export const linear = (edit: ModelEdit, x: Value, w: Value, b: Value): Value =>
  edit.op('Add', [edit.op('MatMul', [x, w]), b]);

export const number = (edit: ModelEdit, value: number): Value =>
  edit.addConstant('number', float32Tensor([], [value]));

export const integers = (edit: ModelEdit, ...values: number[]): Value =>
  edit.addConstant('integers', int64Tensor([values.length], values));
