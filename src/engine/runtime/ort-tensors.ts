import type { Tensor as OrtTensor } from 'onnxruntime-common';
import { EngineError } from '../core/index.ts';
import { dtypeTable, elementCount, packedBytes, type DType } from '../tensor/index.ts';
import type { RuntimeTensor } from './port.ts';

/**
 * RuntimeTensor ⇄ ONNX Runtime's Tensor. Element types have the same names on both sides; those that
 * onnxruntime-common has no array for cannot go in or out of a session at all (bfloat16, complex, 8-bit floats, below a byte).
 * float16: the Tensor keeps a Float16Array where the host has one, and takes bits as Uint16Array everywhere.
 */
export type TensorConstructor = typeof OrtTensor;

/** The same constructor without its overloads, which cannot be called with a type known only at run time. */
interface AnyTensorConstructor {
  new (
    type: OrtTensor.Type,
    data: OrtTensor.DataType | readonly string[],
    dims: readonly number[],
  ): OrtTensor;
}

type View = (buffer: ArrayBufferLike, offset: number, length: number) => OrtTensor.DataType;

/** One row per dtype: how its bytes are viewed for ONNX Runtime, or undefined where it cannot cross. */
const views = {
  float32: (b, o, n) => new Float32Array(b, o, n / 4),
  float64: (b, o, n) => new Float64Array(b, o, n / 8),
  float16: (b, o, n) => new Uint16Array(b, o, n / 2),
  uint8: (b, o, n) => new Uint8Array(b, o, n),
  int8: (b, o, n) => new Int8Array(b, o, n),
  uint16: (b, o, n) => new Uint16Array(b, o, n / 2),
  int16: (b, o, n) => new Int16Array(b, o, n / 2),
  uint32: (b, o, n) => new Uint32Array(b, o, n / 4),
  int32: (b, o, n) => new Int32Array(b, o, n / 4),
  uint64: (b, o, n) => new BigUint64Array(b, o, n / 8),
  int64: (b, o, n) => new BigInt64Array(b, o, n / 8),
  bool: (b, o, n) => new Uint8Array(b, o, n),
  // onnxruntime-common has Tensors of these, which no session takes or gives (1.30: "unsupported type").
  uint4: undefined,
  int4: undefined,
  string: undefined,
  bfloat16: undefined,
  complex64: undefined,
  complex128: undefined,
  float8e4m3fn: undefined,
  float8e4m3fnuz: undefined,
  float8e5m2: undefined,
  float8e5m2fnuz: undefined,
  float4e2m1: undefined,
  float8e8m0: undefined,
  uint2: undefined,
  int2: undefined,
  float6e2m3: undefined,
  float6e3m2: undefined,
} as const satisfies Record<DType, View | undefined>;

/** True when a value of this type can be an input or output of a session. */
export const crossesRuntime = (dtype: DType): boolean =>
  dtype === 'string' || views[dtype] !== undefined;

/** Throws `runtime/bad-input` naming the input. Shares the bytes with `tensor` where their alignment allows. */
export function toOrtTensor(
  name: string,
  tensor: RuntimeTensor,
  constructor: TensorConstructor,
): OrtTensor {
  const Tensor = constructor as unknown as AnyTensorConstructor;
  const refuse = (detail: string): never => {
    throw new EngineError('runtime/bad-input', { where: `input "${name}"`, detail });
  };
  if (tensor.dims.some((dim) => !Number.isInteger(dim) || dim < 0))
    refuse(`dims [${tensor.dims.join(', ')}] are not sizes`);
  const count = elementCount(tensor.dims);
  if (!(tensor.data instanceof Uint8Array)) {
    if (tensor.dtype !== 'string') refuse(`${tensor.dtype} needs packed bytes, not strings`);
    if (tensor.data.length !== count)
      refuse(`[${tensor.dims.join(', ')}] holds ${count} strings, not ${tensor.data.length}`);
    return new Tensor('string', tensor.data, tensor.dims);
  }
  const view: View | undefined = views[tensor.dtype];
  if (view === undefined)
    return refuse(`${tensor.dtype} cannot be given to ONNX Runtime from JavaScript`);
  const expected = packedBytes(tensor.dtype, count);
  if (tensor.data.byteLength !== expected)
    refuse(
      `${tensor.dtype}[${tensor.dims.join(', ')}] takes ${expected} bytes, not ${tensor.data.byteLength}`,
    );
  const bytes = aligned(tensor.data, Math.max(1, dtypeTable[tensor.dtype].bits / 8));
  const data = view(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Tensor(tensor.dtype as OrtTensor.Type, data, tensor.dims);
}

const aligned = (bytes: Uint8Array, unit: number): Uint8Array =>
  bytes.byteOffset % unit === 0 ? bytes : bytes.slice();

/** `data` is what ONNX Runtime handed out: its own copy, owned by the caller from here on. Reads GPU buffers back. */
export async function fromOrtTensor(tensor: OrtTensor): Promise<RuntimeTensor> {
  const data = await tensor.getData(true);
  const dims = [...tensor.dims];
  if (Array.isArray(data)) return { dtype: 'string', dims, data };
  const array = data as ArrayBufferView;
  return {
    dtype: tensor.type,
    dims,
    data: new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
  };
}
