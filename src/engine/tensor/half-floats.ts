import { float16ToFloat32Bits } from './float16-bits.ts';

/**
 * Between float32 and the 16-bit floats, by bits; narrowing is to nearest, ties to even.
 * binary16: 1 sign, 5 exponent (bias 15), 10 fraction; bfloat16: the upper half of a binary32.
 */

export function float16sToFloat32s(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  const wide = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) wide[i] = float16ToFloat32Bits(bits[i] as number);
  return values;
}

/** The nearest binary16 of a float32 pattern; beyond 65520 infinity; a NaN stays a NaN, made quiet. */
export function float32BitsToFloat16(wide: number): number {
  const sign = (wide >>> 16) & 0x8000;
  const magnitude = wide & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  // Below 2^−14: the fraction, with its hidden bit, in units of 2^−24.
  const shift = 126 - (magnitude >>> 23);
  return shift > 24 ? sign : sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/** bits / 2^shift to nearest, ties to even; a carry runs on into the exponent, as it should. */
function roundShift(bits: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = bits & ((1 << shift) - 1);
  const whole = bits >>> shift;
  return rest > half || (rest === half && (whole & 1) === 1) ? whole + 1 : whole;
}

export function bfloat16sToFloat32s(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  const wide = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) wide[i] = (bits[i] as number) << 16;
  return values;
}
