import { dtypeTable, numberToFloat16, type DType } from '../tensor/index.ts';
import { mismatch } from './data-errors.ts';

const limits = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
} as const;

/**
 * Numbers as the packed little-endian bytes of a tensor type. Integers are rounded to nearest (ties to even, as
 * QuantizeLinear does) and clamped. Throws `data/mismatch` for types that no data can be given as.
 */
export function writeElements(
  dtype: DType,
  values: Float32Array,
  where: string,
): Uint8Array<ArrayBuffer> {
  switch (dtype) {
    case 'float32':
      return bytesOf(Float32Array.from(values));
    case 'float64':
      return bytesOf(Float64Array.from(values));
    case 'float16':
      return bytesOf(Uint16Array.from(values, numberToFloat16));
    case 'uint8':
    case 'int8':
    case 'uint16':
    case 'int16':
    case 'int32':
      return integers(dtype, values);
    case 'int64':
      return bytesOf(
        BigInt64Array.from(values, (value) =>
          BigInt(roundToEven(Number.isFinite(value) ? value : 0)),
        ),
      );
    case 'bool':
      return bytesOf(Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)));
    default:
      throw mismatch(
        where,
        `the model's input takes ${dtype} (${dtypeTable[dtype].kind}), which data cannot be turned into`,
      );
  }
}

function integers(dtype: keyof typeof limits, values: Float32Array): Uint8Array<ArrayBuffer> {
  const [low, high] = limits[dtype];
  const bits = dtypeTable[dtype].bits;
  const bytes = new Uint8Array((values.length * bits) / 8);
  const target =
    bits === 8 ? bytes : bits === 16 ? new Uint16Array(bytes.buffer) : new Int32Array(bytes.buffer);
  values.forEach((value, i) => {
    target[i] = Number.isNaN(value) ? 0 : Math.min(high, Math.max(low, roundToEven(value)));
  });
  return bytes;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

const bytesOf = (array: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
