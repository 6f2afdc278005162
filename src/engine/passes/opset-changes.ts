/**
 * What changes for a node that stays as it is while its model moves to a newer opset, for the operators of the default domain
 * between versions 7 and 25 (onnx/docs/Changelog.md). Two lists: operators whose old nodes mean the same in every version (new
 * types, new optional inputs or attributes with the old behaviour as default), and versions at which an operator's nodes would
 * mean something else or stop being valid. An operator in neither list is unknown, and a model with it is not moved.
 */
export const unchangedOperators: ReadonlySet<string> = new Set(
  (
    'Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool Bernoulli ' +
    'BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu ' +
    'CenterCropPad Col2Im Compress Concat ConcatFromSequence Constant ConstantOfShape ' +
    'Conv ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Det ' +
    'Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU ' +
    'Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool ' +
    'GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity If ' +
    'InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less ' +
    'LessOrEqual Log Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool ' +
    'MaxRoiPool MaxUnpool Mean MeanVarianceNormalization Min Mish Mod Mul Multinomial ' +
    'Neg NonMaxSuppression NonZero Not OneHot OptionalGetElement OptionalHasElement Or ' +
    'PRelu Pow QLinearConv QLinearMatMul QuantizeLinear RNN RandomNormal ' +
    'RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal Relu Reshape ' +
    'ReverseSequence Round ScatterElements ScatterND Selu SequenceAt SequenceConstruct ' +
    'SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Shrink Sigmoid Sign ' +
    'Sin Sinh Size Softplus Softsign SpaceToDepth SplitToSequence Sqrt Sub Sum Tan Tanh ' +
    'ThresholdedRelu Tile Transpose Trilu Unique Where Xor'
  ).split(' '),
);

/** Operators whose nodes of an older version are rewritten, or refused, when the model passes one of these versions. */
export const operatorChanges = {
  BatchNormalization: [9, 14],
  Clip: [11],
  Dropout: [12],
  GridSample: [20],
  GroupNormalization: [21],
  Hardmax: [13],
  LogSoftmax: [13],
  Pad: [11],
  ReduceL1: [18],
  ReduceL2: [18],
  ReduceLogSum: [18],
  ReduceLogSumExp: [18],
  ReduceMax: [18],
  ReduceMean: [18],
  ReduceMin: [18],
  ReduceProd: [18],
  ReduceSum: [13],
  ReduceSumSquare: [18],
  Resize: [11, 13],
  RoiAlign: [16],
  Scan: [9],
  Scatter: [11],
  Slice: [10],
  Softmax: [13],
  Split: [13, 18],
  Squeeze: [13],
  TopK: [10],
  Unsqueeze: [13],
  Upsample: [9, 10],
} as const satisfies Record<string, readonly number[]>;

export type ChangedOperator = keyof typeof operatorChanges;

export const isChangedOperator = (opType: string): opType is ChangedOperator =>
  Object.hasOwn(operatorChanges, opType);
