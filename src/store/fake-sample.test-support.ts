import type { OpenedData, OpenedModel } from '../worker/protocol.ts';

/** What the fake worker has open: a model, and data of each kind. */
export const params = 201_482;
export const macs = 31_200_000;
export const bytes = 812_400;
export const classes = [
  'T-shirt',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Boot',
];

export const fakeModel: OpenedModel = {
  name: 'fashion.onnx',
  id: '7d865e959b2466a8',
  dims: { batch: 1 },
  weights: [
    { name: 'stage3.conv2.weight', count: 36_864, node: '/stage3/conv2' },
    { name: 'stage2.conv1.weight', count: 18_432, node: '/stage2/conv1' },
  ],
  summary: {
    sizeBytes: bytes,
    params,
    irVersion: 10,
    producer: 'whittle 0.1.0',
    opsets: { '': 21 },
    inputs: [{ name: 'image', type: 'float32', dims: ['batch', 1, 28, 28] }],
    outputs: [{ name: 'logits', type: 'float32', dims: ['batch', 10] }],
    nodes: 64,
    nodesInSubgraphs: 0,
    operators: [
      { opType: 'Conv', domain: '', count: 21 },
      { opType: 'Relu', domain: '', count: 19 },
      { opType: 'Add', domain: '', count: 9 },
      { opType: 'Gemm', domain: '', count: 1 },
    ],
    dtypes: [
      { dtype: 'float32', tensors: 44, bytes: 805_928 },
      { dtype: 'int64', tensors: 2, bytes: 16 },
    ],
    weightBytes: 805_944,
    functions: [],
    customOperators: [],
    externalFiles: [],
  },
};

export const preprocess = {
  layout: 'NCHW',
  size: [28, 28],
  resize: 'none',
  channels: 'GRAY',
  range: [0, 1],
  mean: [0],
  std: [1],
  classOffset: 0,
} as const;

export const syntheticData: OpenedData = {
  name: 'synthetic',
  kind: 'synthetic',
  count: 256,
  labelled: false,
  classes: undefined,
  guess: { preprocess, reasons: [] },
  split: { measure: 256, calibration: 64 },
};

export const sampleData: OpenedData = {
  name: 'fashion',
  kind: 'images',
  count: 12_000,
  labelled: true,
  classes,
  guess: {
    preprocess,
    reasons: ['Channels first: the input [batch, 1, 28, 28] has 1 on its second axis.'],
  },
  split: { measure: 2000, calibration: 128 },
};

export const textData: OpenedData = {
  ...syntheticData,
  name: 'sea.txt',
  kind: 'text',
  text: {
    task: 'language-model',
    tokenizer: 'tokenizer.json',
    vocabulary: 512,
    length: 64,
    dims: { sequence: 64 },
    example: 'The sea',
  },
};
