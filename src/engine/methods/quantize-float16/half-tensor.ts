import { float32BitsToFloat16, makeTensor, tensorBytes, type Tensor } from '../../tensor/index.ts';
import { aligned } from '../shared/magnitude-bits.ts';

/**
 * float32 → float16, round to nearest even, by bits. Two things differ from a plain conversion, as in onnxconverter-common: a finite number
 * beyond ±65504 becomes ±65504, not infinity (a mask of -1e9 must not make NaN in a softmax), and a number that would vanish becomes the
 * smallest float16 of its sign, ±2^-24 (an epsilon must not become a division by zero). So exactly the zeros are zero afterwards.
 */
export interface HalfLoss {
  /** Finite numbers beyond the range. */
  readonly clamped: number;
  /** Non-zero numbers below half of 2^-24. */
  readonly raised: number;
}

const largest = 0x7bff;
const infinity32 = 0x7f800000;
/** 65520: from here on rounding gives infinity. */
const overflow32 = 0x477ff000;
/** 2^-25, which rounds to 0 (a tie to even); anything above rounds to at least 2^-24. */
const vanish32 = 0x33000000;

/** The float16 pattern of a float32 pattern. */
export function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > infinity32) return sign | 0x7e00;
  if (magnitude === infinity32) return sign | 0x7c00;
  if (magnitude >= overflow32) return sign | largest;
  if (magnitude > 0 && magnitude <= vanish32) return sign | 1;
  return float32BitsToFloat16(bits);
}

export function toHalf(tensor: Tensor): Tensor {
  const source = patterns(tensor);
  const target = new Uint16Array(source.length);
  for (let i = 0; i < source.length; i++) target[i] = halfBits(source[i] as number);
  return makeTensor('float16', tensor.dims, new Uint8Array(target.buffer));
}

/** What the conversion would do to numbers out of range; kept per tensor. */
export function halfLoss(tensor: Tensor): HalfLoss {
  const known = losses.get(tensor);
  if (known !== undefined) return known;
  let clamped = 0;
  let raised = 0;
  const source = patterns(tensor);
  for (let i = 0; i < source.length; i++) {
    const magnitude = (source[i] as number) & 0x7fffffff;
    if (magnitude >= overflow32 && magnitude < infinity32) clamped++;
    else if (magnitude <= vanish32 && magnitude > 0) raised++;
  }
  const loss = { clamped, raised };
  losses.set(tensor, loss);
  return loss;
}

const losses = new WeakMap<Tensor, HalfLoss>();

function patterns(tensor: Tensor): Uint32Array {
  if (tensor.dtype !== 'float32') throw new TypeError(`${tensor.dtype} is not float32`);
  const bytes = aligned(tensorBytes(tensor), 4);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
