import { edit, newValue, type Model, type ModelEdit, type Value } from '../graph/index.ts';
import { toModelFile } from '../onnx/index.ts';
import { dtypeTable, type DType } from '../tensor/index.ts';
import type { ModelFile } from './port.ts';

/**
 * A model made to tell about its inside: the same graph with other outputs. `add` appends what computes them and returns the
 * values to be read, with their types; the model's own outputs are dropped, so that nothing else is copied out.
 */
export interface Probe {
  readonly file: ModelFile;
  /** Names of the outputs, in the order `add` returned them. */
  readonly names: readonly string[];
}

export interface ProbeOutput {
  readonly value: Value;
  readonly dtype: DType;
}

export function buildProbe(
  model: Model,
  add: (change: ModelEdit) => readonly ProbeOutput[],
): Probe {
  let names: string[] = [];
  const probed = edit(model, (change) => {
    // The appended operators are of the default domain, which a model of custom operators alone need not import.
    if (!change.model.opsets.has('')) change.setOpset('', 17);
    const outputs = add(change);
    for (const { value, dtype } of outputs)
      change.setType(value, { kind: 'tensor', dtype, dims: undefined });
    change.setOutputs(outputs.map((output) => output.value));
    names = outputs.map((output) => change.value(output.value).name);
  });
  return { file: toModelFile(probed), names };
}

/** A node with one output and a name of its own; `ModelEdit.op` would search for a free name, which is slow for thousands. */
export function appendNode(
  change: ModelEdit,
  opType: string,
  input: Value,
  label: string,
  attributes: Parameters<ModelEdit['op']>[2] = {},
): Value {
  const name = `whittle/${label}`;
  const node = change.addNode(opType, [input], { name, outputs: [name], attributes });
  return node.outputs[0] ?? newValue(name, undefined);
}

/** True when `value` may be something else than float32, so that arithmetic appended to it needs a Cast before. */
export function needsCast(value: Value, modelHasOtherFloats: boolean): boolean {
  if (value.type?.kind === 'tensor' && value.type.dtype !== undefined)
    return value.type.dtype !== 'float32';
  return modelHasOtherFloats;
}

/** True when the model keeps floating-point numbers in another type than float32 anywhere that can be seen. */
export function hasOtherFloats(model: Model): boolean {
  const other = (dtype: DType | undefined): boolean =>
    dtype !== undefined && dtype !== 'float32' && dtypeTable[dtype].kind === 'float';
  return (
    model.graph.constants.some((value) => other(value.constant?.dtype)) ||
    model.graph.inputs.some((value) => value.type?.kind === 'tensor' && other(value.type.dtype)) ||
    model.graph.nodes.some(
      (node) => node.opType === 'Cast' && castsToOtherFloat(node.attributes.get('to')),
    )
  );
}

/** TensorProto.DataType: 10 float16, 11 double, 16 bfloat16. */
const castsToOtherFloat = (
  to: { readonly kind: string; readonly value?: unknown } | undefined,
): boolean => to?.kind === 'int' && [10, 11, 16].includes(Number(to.value));

/** TensorProto.DataType FLOAT. */
export const float32Code = 1;
