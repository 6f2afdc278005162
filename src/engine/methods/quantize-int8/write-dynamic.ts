import {
  attributeInt,
  edit,
  intAttribute,
  isOp,
  shortName,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../../graph/index.ts';
import { makeTensor, tensorBytes, type Tensor } from '../../tensor/index.ts';
import { blankTensor, isBlank } from '../shared/blank-tensor.ts';
import { constantOf } from '../shared/constant-of.ts';
import { raiseIrVersion, raiseOpset } from '../../passes/index.ts';
import { dropUnread, unreadConstants } from './drop-unread.ts';
import type { QuantizedWeight } from './quantize-weight.ts';
import type { WeightedTarget } from './weighted-nodes.ts';

/**
 * dynamic: activations are put on a uint8 grid at every run, from their own range, and the product is computed in integers:
 *
 *   y = Cast(MatMulInteger(xq, wq, xz, wz)) · (xs · ws) [+ bias]        xq, xs, xz = DynamicQuantizeLinear(x)
 *
 * ONNX Runtime turns a MatMul of this form into one kernel, DynamicQuantizeMatMul. Gemm with transB has its stored weight transposed; Conv takes
 * ConvInteger, with its scales shaped [channels, 1, …]. Readers of one activation share its quantization.
 */
export function writeDynamic(
  model: Model,
  targets: readonly WeightedTarget[],
  opset: number,
  weightOf: (target: WeightedTarget) => QuantizedWeight,
): Model {
  return edit(model, (e) => {
    const unread = unreadConstants(e);
    raiseIrVersion(e, 4);
    raiseOpset(e, opset);
    const activations = new Map<Value, DynamicActivation>();
    for (const target of targets) {
      const weight = storeWeight(e, target, weightOf(target));
      for (const node of target.nodes) replaceNode(e, e.node(node), weight, activations);
    }
    dropUnread(e, unread);
  });
}

interface DynamicActivation {
  readonly values: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
}

interface StoredWeight {
  readonly values: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
}

function storeWeight(
  e: ModelEdit,
  { target, nodes, grid }: WeightedTarget,
  weight: QuantizedWeight,
): StoredWeight {
  const value = e.value(target.value);
  const [first] = nodes as [Node, ...Node[]];
  const convolution = isOp(first, 'Conv');
  const transposed = isOp(first, 'Gemm') && attributeInt(first, 'transB', 0) !== 0;
  e.setConstant(value, transposed ? transpose(weight.values) : weight.values);
  const scaleDims =
    convolution && grid.axis !== undefined
      ? [...weight.scale.dims, ...target.tensor.dims.slice(2).map(() => 1)]
      : weight.scale.dims;
  const base = shortName(value.name);
  return {
    values: value,
    scale: e.addConstant(`${base}_scale`, { ...weight.scale, dims: scaleDims }),
    zeroPoint: e.addConstant(
      `${base}_zero`,
      convolution ? firstElement(weight.zeroPoint) : weight.zeroPoint,
    ),
  };
}

/** ConvInteger takes one zero point, the same for all channels. */
const firstElement = (tensor: Tensor): Tensor =>
  isBlank(tensor)
    ? blankTensor(tensor.dtype, [])
    : makeTensor(tensor.dtype, [], tensorBytes(tensor).slice(0, 1));

function transpose(tensor: Tensor): Tensor {
  const [rows = 0, columns = 0] = tensor.dims;
  if (isBlank(tensor)) return blankTensor(tensor.dtype, [columns, rows]);
  const from = tensorBytes(tensor);
  const to = new Uint8Array(from.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) to[c * rows + r] = from[r * columns + c] as number;
  return makeTensor(tensor.dtype, [columns, rows], to);
}

function quantizeActivation(e: ModelEdit, x: Value): DynamicActivation {
  const base = shortName(x.name);
  const node = e.addNode('DynamicQuantizeLinear', [x], {
    name: `${base}_q`,
    outputs: [`${base}_quantized`, `${base}_scale`, `${base}_zero`],
  });
  const [values, scale, zeroPoint] = node.outputs as [Value, Value, Value];
  return { values, scale, zeroPoint };
}

function replaceNode(
  e: ModelEdit,
  node: Node,
  weight: StoredWeight,
  activations: Map<Value, DynamicActivation>,
): void {
  const [x, , bias] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined)
    throw new Error(`${node.opType} ${node.name} lacks an input or output`);
  const activation = activations.get(x) ?? quantizeActivation(e, x);
  activations.set(x, activation);
  const convolution = isOp(node, 'Conv');
  const make = (opType: string, inputs: readonly Value[], attributes = {}): Value =>
    e.addNode(opType, inputs, { name: `${shortName(y.name)}_${opType}`, attributes })
      .outputs[0] as Value;
  const product = make(
    convolution ? 'ConvInteger' : 'MatMulInteger',
    [activation.values, weight.values, activation.zeroPoint, weight.zeroPoint],
    convolution ? Object.fromEntries(node.attributes) : {},
  );
  const scale = make('Mul', [activation.scale, weight.scale]);
  let result = make('Mul', [make('Cast', [product], { to: intAttribute(1) }), scale]);
  if (bias !== undefined)
    result = make('Add', [result, convolution ? channelBias(e, bias, node) : bias]);
  e.setType(result, y.type);
  e.replaceUses(y, result);
  e.removeNode(node);
}

/** A bias [channels] becomes [channels, 1, …] to be added to [N, channels, …]. */
function channelBias(e: ModelEdit, bias: Value, node: Node): Value {
  const rank = (node.inputs[1]?.constant?.dims.length ?? 4) - 2;
  const tensor = constantOf(bias);
  if (tensor === undefined) throw new Error(`the bias of ${node.name} is not a constant`);
  const { dtype, data } = tensor;
  const shaped: Tensor = {
    dtype,
    data,
    dims: [...tensor.dims, ...Array.from({ length: rank }, () => 1)],
  };
  if (bias.constant === undefined || bias.uses.length > 1)
    return e.addConstant(`${shortName(bias.name)}_shaped`, shaped);
  e.setConstant(bias, shaped);
  return bias;
}
