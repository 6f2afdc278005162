import { attributeInt, isOp, type Node } from '../../graph/index.ts';

/**
 * Which operators may compute in float16. A closed list of operators whose float inputs and outputs share one type that admits float16 in
 * every opset (read from ONNX's operator schemas, opsets 1 to 28), less those that onnxconverter-common keeps in float32
 * (DEFAULT_OP_BLOCK_LIST of onnxconverter_common/float16.py: positions, ranges, sorting and boxes, where 11 bits of mantissa spoil
 * the result). Everything else, operators of other domains included, stays float32 behind casts: right, if not small.
 */
export const halfOperators: ReadonlySet<string> = new Set([
  'Abs',
  'Acos',
  'Acosh',
  'Add',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'AveragePool',
  'BatchNormalization',
  'Ceil',
  'Clip',
  'Compress',
  'Concat',
  'Conv',
  'ConvTranspose',
  'Cos',
  'Cosh',
  'DepthToSpace',
  'Div',
  'Dropout',
  'Einsum',
  'Elu',
  'Equal',
  'Erf',
  'Exp',
  'Expand',
  'Flatten',
  'Floor',
  'GRU',
  'Gather',
  'GatherElements',
  'GatherND',
  'Gelu',
  'Gemm',
  'GlobalAveragePool',
  'GlobalLpPool',
  'GlobalMaxPool',
  'Greater',
  'GreaterOrEqual',
  'GridSample',
  'HardSigmoid',
  'HardSwish',
  'Hardmax',
  'Identity',
  'InstanceNormalization',
  'IsNaN',
  'LRN',
  'LSTM',
  'LeakyRelu',
  'Less',
  'LessOrEqual',
  'Log',
  'LogSoftmax',
  'LpNormalization',
  'LpPool',
  'MatMul',
  'MaxPool',
  'Mean',
  'MeanVarianceNormalization',
  'Mish',
  'Mul',
  'Neg',
  'PRelu',
  'Pad',
  'Pow',
  'RNN',
  'Reciprocal',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
  'Relu',
  'Reshape',
  'Resize',
  'Round',
  'ScatterElements',
  'ScatterND',
  'Selu',
  'Shrink',
  'Sigmoid',
  'Sign',
  'Sin',
  'Sinh',
  'Slice',
  'Softmax',
  'Softplus',
  'Softsign',
  'SpaceToDepth',
  'Split',
  'Sqrt',
  'Squeeze',
  'Sub',
  'Sum',
  'Tan',
  'Tanh',
  'ThresholdedRelu',
  'Tile',
  'Transpose',
  'Trilu',
  'Unsqueeze',
  'Where',
]);

/** Operators that read any type and whose output does not depend on which. */
export const readsAnyType = (node: Node): boolean => isOp(node, 'Cast', 'Shape', 'Size');

/** Since which opset float16 is admitted, where it was not from the start. */
const halfSince: Readonly<Record<string, number>> = {
  LayerNormalization: 17,
  DequantizeLinear: 19,
  Celu: 28,
};

/** Mean and InvStdDev of LayerNormalization are float32 whatever the input is. */
const float32Outputs: Readonly<Record<string, number>> = { LayerNormalization: 1 };

export function computesInHalf(node: Node, opset: number): boolean {
  if (node.domain !== '') return false;
  const since = halfSince[node.opType];
  if (since !== undefined) {
    const from = float32Outputs[node.opType];
    return (
      opset >= since &&
      (from === undefined || !node.outputs.slice(from).some((output) => output !== undefined))
    );
  }
  if (node.opType === 'BatchNormalization') return attributeInt(node, 'training_mode', 0) === 0;
  return halfOperators.has(node.opType);
}

/** Inputs that the schema fixes to float32 even where the operator computes in float16. */
export function isFloat32Input(node: Node, index: number, opset: number): boolean {
  if (node.opType === 'Resize') return index === (opset < 11 ? 1 : 2);
  return false;
}
