import type { DType } from '../tensor/index.ts';

/**
 * The numbers of onnx.proto (IR version 14, onnx 1.23): data types, attribute types, wire tags and the limits this codec holds.
 * A tag is `field << 3 | wire type`; a known field that arrives with another wire type is an unknown field to protobuf, and
 * matching whole tags gives that for nothing.
 */

/** The newest file format and default operator set this schema describes; newer files get `onnx/too-new`. */
export const newestIrVersion = 14;
export const newestOpset = 28;

/** Graphs inside graphs. ONNX Runtime (protobuf's limit of 100 nested messages) reads 33. */
export const maxGraphDepth = 100;
/** Types inside types: sequence of optional of map of … */
export const maxTypeDepth = 32;
/** No dimension may be larger: ONNX Runtime and JavaScript arrays end long before. */
export const maxDim = 2 ** 31;
/** Objects made from one file: nodes, attributes, tensors, values' types, texts. The largest real graphs have a tenth of it. */
export const maxObjects = 2_000_000;
/** protobuf's limit for one message, so for one file without external data. */
export const maxEmbeddedBytes = 2 ** 31 - 1;

export const dtypeCodes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
  float8e8m0: 24,
  uint2: 25,
  int2: 26,
  float6e2m3: 27,
  float6e3m2: 28,
} as const satisfies Record<DType, number>;

const dtypesByCode = new Map<number, DType>(
  (Object.entries(dtypeCodes) as [DType, number][]).map(([dtype, code]) => [code, dtype]),
);

export const dtypeOfCode = (code: number): DType | undefined => dtypesByCode.get(code);

/** AttributeProto.AttributeType. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparseTensor: 11,
  sparseTensors: 12,
  type: 13,
  types: 14,
} as const;

const varint = (field: number): number => field * 8;
const length = (field: number): number => field * 8 + 2;
const fixed32 = (field: number): number => field * 8 + 5;

export const modelTags = {
  irVersion: varint(1),
  producerName: length(2),
  producerVersion: length(3),
  domain: length(4),
  modelVersion: varint(5),
  doc: length(6),
  graph: length(7),
  opset: length(8),
  metadata: length(14),
  training: length(20),
  function: length(25),
} as const;

export const graphTags = {
  node: length(1),
  name: length(2),
  initializer: length(5),
  input: length(11),
  output: length(12),
  valueInfo: length(13),
  sparse: length(15),
} as const;

export const nodeTags = {
  input: length(1),
  output: length(2),
  name: length(3),
  opType: length(4),
  attribute: length(5),
  domain: length(7),
} as const;

export const attributeTags = {
  name: length(1),
  float: fixed32(2),
  int: varint(3),
  string: length(4),
  tensor: length(5),
  graph: length(6),
  floats: fixed32(7),
  floatsPacked: length(7),
  ints: varint(8),
  intsPacked: length(8),
  strings: length(9),
  tensors: length(10),
  graphs: length(11),
  typeProto: length(14),
  typeProtos: length(15),
  type: varint(20),
  reference: length(21),
  sparse: length(22),
  sparses: length(23),
} as const;

export const tensorTags = {
  dims: varint(1),
  dimsPacked: length(1),
  dataType: varint(2),
  segment: length(3),
  floats: fixed32(4),
  floatsPacked: length(4),
  int32s: varint(5),
  int32sPacked: length(5),
  strings: length(6),
  int64s: varint(7),
  int64sPacked: length(7),
  name: length(8),
  raw: length(9),
  doubles: 10 * 8 + 1,
  doublesPacked: length(10),
  uint64s: varint(11),
  uint64sPacked: length(11),
  external: length(13),
  location: varint(14),
} as const;

export const sparseTags = {
  values: length(1),
  indices: length(2),
  dims: varint(3),
  dimsPacked: length(3),
} as const;

export const valueInfoTags = { name: length(1), type: length(2) } as const;

/** Tensor and SparseTensor share the inside: elem_type = 1, shape = 2. */
export const typeTags = {
  tensor: length(1),
  sequence: length(4),
  map: length(5),
  opaque: length(7),
  sparse: length(8),
  optional: length(9),
  elemType: varint(1),
  shape: length(2),
  inner: length(1),
  mapKey: varint(1),
  mapValue: length(2),
  dim: length(1),
  dimValue: varint(1),
  dimParam: length(2),
} as const;

export const functionTags = {
  name: length(1),
  node: length(7),
  domain: length(10),
  attribute: length(11),
  overload: length(13),
} as const;

export const trainingTags = { initialization: length(1), algorithm: length(2) } as const;
export const opsetTags = { domain: length(1), version: varint(2) } as const;
export const entryTags = { key: length(1), value: length(2) } as const;
