import {
  intAttribute,
  shortName,
  type Graph,
  type Model,
  type ModelEdit,
  type Value,
} from '../../graph/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { ownerGraph } from '../shared/owner-graph.ts';
import {
  modelOpset,
  opsetObstacle,
  raiseIrVersion,
  raiseOpset,
  type OpsetObstacle,
} from '../../passes/index.ts';

/**
 * Which QuantizeLinear and DequantizeLinear a model can hold. The standard ones know a scale per channel from opset 13 on (per tensor: 10). An
 * older model is raised where that is safe; where it is not, ONNX Runtime's own operators of the same meaning are used (domain
 * com.microsoft, opset ≥ 10, since the fused QLinearConv is standard from there), which no other runtime reads.
 */
export interface QdqForm {
  readonly domain: '' | 'com.microsoft';
  /** Version of the default operator set in the result. */
  readonly opset: number;
}

export function chooseQdqForm(model: Model, needed: number): QdqForm | OpsetObstacle {
  const opset = modelOpset(model);
  if (opset >= needed) return { domain: '', opset };
  const obstacle = opsetObstacle(model, needed);
  if (obstacle === undefined) return { domain: '', opset: needed };
  return opset >= 10 ? { domain: 'com.microsoft', opset } : obstacle;
}

export const isForm = (form: QdqForm | OpsetObstacle): form is QdqForm => 'domain' in form;

export function prepareForm(e: ModelEdit, form: QdqForm): void {
  raiseIrVersion(e, 4);
  raiseOpset(e, form.opset);
  if (form.domain !== '') e.setOpset(form.domain, 1);
}

/** A new DequantizeLinear over constants; returns its output. */
export function dequantize(
  e: ModelEdit,
  form: QdqForm,
  inputs: readonly Value[],
  name: string,
  axis: number | undefined,
  graph: Graph = e.model.graph,
): Value {
  const attributes = axis === undefined ? {} : { axis: intAttribute(axis) };
  const node = e.addNode('DequantizeLinear', inputs, {
    domain: form.domain,
    name: `${name}_dq`,
    outputs: [`${name}_dequantized`],
    attributes,
    graph,
  });
  return node.outputs[0] as Value;
}

/** Makes the constant hold quantized values and lets its readers read them dequantized. */
export function dequantizeInPlace(
  e: ModelEdit,
  form: QdqForm,
  constant: Value,
  tensors: { readonly values: Tensor; readonly scale: Tensor; readonly zeroPoint: Tensor },
  axis: number | undefined,
): void {
  const value = e.value(constant);
  const base = shortName(value.name);
  const scale = e.addConstant(`${base}_scale`, tensors.scale);
  const zeroPoint = e.addConstant(`${base}_zero`, tensors.zeroPoint);
  const output = dequantize(
    e,
    form,
    [value, scale, zeroPoint],
    base,
    axis,
    ownerGraph(e.model, value),
  );
  e.replaceUses(value, output, output.producer === undefined ? [] : [output.producer]);
  e.setConstant(value, tensors.values);
}
