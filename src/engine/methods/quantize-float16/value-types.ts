import type { Graph, Model, Node, Value } from '../../graph/index.ts';
import type { DType } from '../../tensor/index.ts';
import { halfOperators } from './operators.ts';

/**
 * The element type of every value of the main graph, from the operators' schemas: most outputs have the type of the first input; the
 * exceptions are listed. `undefined`: not a tensor, or nothing says what it is (an operator of a foreign domain without a type in
 * the file). Subgraphs are not entered; the outputs of their nodes take their type from the file or the body.
 */
export type ValueTypes = ReadonlyMap<Value, DType | undefined>;

export function valueTypes(model: Model): ValueTypes {
  const types = new Map<Value, DType | undefined>();
  for (const input of model.graph.inputs) types.set(input, annotated(input));
  for (const value of model.graph.constants) types.set(value, value.constant?.dtype);
  for (const node of model.graph.nodes)
    node.outputs.forEach((output, index) => {
      if (output !== undefined)
        types.set(output, annotated(output) ?? outputType(node, index, types));
    });
  return types;
}

const annotated = (value: Value): DType | undefined =>
  value.type?.kind === 'tensor' ? value.type.dtype : undefined;

/** Inputs (by number) whose type an output takes, or the type itself; outputs not listed are like input 0. */
const exceptions: Readonly<Record<string, readonly (number | DType)[]>> = {
  And: ['bool'],
  ArgMax: ['int64'],
  ArgMin: ['int64'],
  BatchNormalization: [0, 1, 1, 1, 1],
  Bernoulli: [0],
  CastLike: [1],
  ConvInteger: ['int32'],
  DequantizeLinear: [1],
  Dropout: [0, 'bool'],
  DynamicQuantizeLinear: ['uint8', 'float32', 'uint8'],
  Equal: ['bool'],
  Greater: ['bool'],
  GreaterOrEqual: ['bool'],
  IsInf: ['bool'],
  IsNaN: ['bool'],
  LayerNormalization: [0, 'float32', 'float32'],
  Less: ['bool'],
  LessOrEqual: ['bool'],
  MatMulInteger: ['int32'],
  MaxPool: [0, 'int64'],
  NonMaxSuppression: ['int64'],
  NonZero: ['int64'],
  OneHot: [2],
  Or: ['bool'],
  QLinearConv: [7],
  QLinearMatMul: [7],
  Shape: ['int64'],
  Size: ['int64'],
  TopK: [0, 'int64'],
  Unique: [0, 'int64', 'int64', 'int64'],
  Where: [1],
  Xor: ['bool'],
};

/** Operators that stay in float32 and whose outputs have the type of the first input. */
const likeFirstInput: ReadonlySet<string> = new Set([
  'BitShift',
  'Celu',
  'CenterCropPad',
  'Col2Im',
  'CumSum',
  'Det',
  'GroupNormalization',
  'Max',
  'MaxRoiPool',
  'MaxUnpool',
  'Min',
  'Mod',
  'Not',
  'Range',
  'ReverseSequence',
  'RoiAlign',
  'Scatter',
  'Swish',
  'TopK',
  'Unique',
  'Upsample',
  'QuantizeLinear',
]);

/** TensorProto.DataType numbers that `to` and `dtype` attributes use. */
export const dtypeCodes = { float32: 1, float16: 10 } as const;
const codes: readonly (DType | undefined)[] = [
  undefined,
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
];

function outputType(
  node: Node,
  index: number,
  types: ReadonlyMap<Value, DType | undefined>,
): DType | undefined {
  const named = namedType(node);
  if (named !== undefined) return index === 0 ? named : undefined;
  const body = bodyOf(node);
  if (body !== undefined) return bodyType(node, body, index);
  if (node.domain !== '') return undefined;
  const listed = exceptions[node.opType]?.[index];
  const rule =
    listed ?? (halfOperators.has(node.opType) || likeFirstInput.has(node.opType) ? 0 : undefined);
  if (typeof rule !== 'number') return rule;
  const input = node.inputs[rule];
  if (node.opType === 'QuantizeLinear') {
    const zero = node.inputs[2];
    return zero === undefined ? 'uint8' : types.get(zero);
  }
  return input === undefined ? undefined : types.get(input);
}

/** Operators that name their output's type in an attribute. */
function namedType(node: Node): DType | undefined {
  if (node.domain !== '') return undefined;
  const attribute = (name: string): DType | undefined => {
    const found = node.attributes.get(name);
    return found?.kind === 'int' ? codes[Number(found.value)] : undefined;
  };
  const tensor = node.attributes.get('value');
  switch (node.opType) {
    case 'Cast':
      return attribute('to');
    case 'Constant':
      if (tensor?.kind === 'tensor') return tensor.value.dtype;
      return node.attributes.has('value_float') || node.attributes.has('value_floats')
        ? 'float32'
        : 'int64';
    case 'ConstantOfShape':
      return tensor?.kind === 'tensor' ? tensor.value.dtype : 'float32';
    case 'RandomNormal':
    case 'RandomUniform':
    case 'HannWindow':
    case 'HammingWindow':
    case 'BlackmanWindow':
      return attribute('dtype') ?? attribute('output_datatype') ?? 'float32';
    case 'Multinomial':
      return attribute('dtype') ?? 'int32';
    case 'EyeLike':
    case 'RandomNormalLike':
    case 'RandomUniformLike':
    case 'Bernoulli':
      return attribute('dtype');
    default:
      return undefined;
  }
}

function bodyOf(node: Node): Graph | undefined {
  for (const name of ['then_branch', 'body']) {
    const attribute = node.attributes.get(name);
    if (attribute?.kind === 'graph') return attribute.value;
  }
  return undefined;
}

/** Loop's body returns its condition first; If and Scan return their outputs in order. */
function bodyType(node: Node, body: Graph, index: number): DType | undefined {
  const output = body.outputs[node.opType === 'Loop' ? index + 1 : index];
  return output === undefined ? undefined : (output.constant?.dtype ?? annotated(output));
}
