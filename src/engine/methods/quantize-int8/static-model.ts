import {
  edit,
  floatAttribute,
  shortName,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../../graph/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { dropUnread, unreadConstants } from './drop-unread.ts';
import type { Placement } from './place-pairs.ts';
import { dequantize, dequantizeInPlace, prepareForm, type QdqForm } from './qdq-form.ts';
import type { QuantizedWeight } from './quantize-weight.ts';
import type { WeightedTarget } from './weighted-nodes.ts';

/**
 * static: writes the Q/DQ pairs of a placement, the quantized weights, and the biases as int32 with scale(x)·scale(w), which is
 * what the integer kernels add. The tensors come from outside: blank ones while planning, real ones when applying.
 */
export interface StaticTensors {
  /** Scale and zero point (scalars) of a group. */
  activation(group: number): { readonly scale: Tensor; readonly zeroPoint: Tensor };
  weight(target: WeightedTarget): QuantizedWeight;
  bias(bias: BiasSite): { readonly values: Tensor; readonly scale: Tensor };
}

/** A constant bias of a node whose weight and input are quantized, or of the Add right behind a MatMul. */
export interface BiasSite {
  readonly reader: Node;
  /** Index of the input that reads it. */
  readonly index: number;
  readonly value: Value;
  readonly tensor: Tensor;
  readonly target: WeightedTarget;
  /** Group of the node's input. */
  readonly group: number;
}

export interface StaticLayout {
  readonly placement: Placement;
  readonly targets: readonly WeightedTarget[];
  readonly biases: readonly BiasSite[];
  readonly form: QdqForm;
}

export function writeStatic(model: Model, layout: StaticLayout, tensors: StaticTensors): Model {
  return edit(model, (e) => {
    const unread = unreadConstants(e);
    prepareForm(e, layout.form);
    for (const bias of layout.biases) writeBias(e, layout.form, bias, tensors);
    for (const target of layout.targets)
      dequantizeInPlace(
        e,
        layout.form,
        target.target.value,
        tensors.weight(target),
        target.grid.axis,
      );
    writePairs(e, layout, tensors);
    dropUnread(e, unread);
  });
}

function writePairs(e: ModelEdit, { placement, form }: StaticLayout, tensors: StaticTensors): void {
  const readers = new Set(placement.integers.map(({ node }) => e.node(node)));
  const parameters = placement.groups.map((group, i) => {
    const { scale, zeroPoint } = tensors.activation(i);
    const base = shortName(group.observe.name);
    return [
      e.addConstant(`${base}_scale`, scale),
      e.addConstant(`${base}_zero`, zeroPoint),
    ] as const;
  });
  for (const { value, group, fromInteger, needsIdentity } of placement.values) {
    const x = e.value(value);
    const [scale, zeroPoint] = parameters[group] as (typeof parameters)[number];
    const base = shortName(value.name);
    const given = needsIdentity ? e.op('LeakyRelu', [x], { alpha: floatAttribute(1) }) : x;
    const quantize = e.addNode('QuantizeLinear', [given, scale, zeroPoint], {
      domain: form.domain,
      name: `${base}_q`,
      outputs: [`${base}_quantized`],
    });
    const output = dequantize(
      e,
      form,
      [quantize.outputs[0] as Value, scale, zeroPoint],
      base,
      undefined,
    );
    if (fromInteger) e.replaceUses(x, output, [quantize]);
    else
      for (const use of [...x.uses])
        if (readers.has(use.node)) e.setInput(use.node, use.index, output);
  }
}

function writeBias(e: ModelEdit, form: QdqForm, bias: BiasSite, tensors: StaticTensors): void {
  const value = e.value(bias.value);
  const { values, scale } = tensors.bias(bias);
  const own = value.constant !== undefined && value.uses.length === 1;
  const base = shortName(value.name);
  const stored = own ? value : e.addConstant(`${base}_int32`, values);
  if (own) e.setConstant(value, values);
  const scales = e.addConstant(`${base}_scale`, scale);
  const axis = scale.dims.length === 0 ? undefined : 0;
  e.setInput(bias.reader, bias.index, dequantize(e, form, [stored, scales], base, axis));
}
