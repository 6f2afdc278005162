import type { DType } from './dtype.ts';

/**
 * Floats of 4 to 8 bits, by table. value = (−1)^s · 2^(e − bias) · (1 + m / 2^M), or subnormal 2^(1 − bias) · m / 2^M for e = 0.
 * float8: Micikevicius et al. 2022, "FP8 formats for deep learning" (e4m3fn, e5m2), and Noune et al. 2022 (…fnuz: no
 * negative zero, its code is NaN). float4, float6 and e8m0: OCP Microscaling Formats 1.0.
 */
export interface SmallFloat {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** What the codes for infinity and NaN are: as IEEE; all ones only; negative zero only; none at all. */
  readonly special: 'ieee' | 'all-ones' | 'negative-zero' | 'none';
}

export const smallFloats = {
  float8e4m3fn: { exponent: 4, mantissa: 3, bias: 7, special: 'all-ones' },
  float8e4m3fnuz: { exponent: 4, mantissa: 3, bias: 8, special: 'negative-zero' },
  float8e5m2: { exponent: 5, mantissa: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { exponent: 5, mantissa: 2, bias: 16, special: 'negative-zero' },
  float4e2m1: { exponent: 2, mantissa: 1, bias: 1, special: 'none' },
  float6e2m3: { exponent: 2, mantissa: 3, bias: 1, special: 'none' },
  float6e3m2: { exponent: 3, mantissa: 2, bias: 3, special: 'none' },
} as const satisfies Partial<Record<DType, SmallFloat>>;

export type SmallFloatType = keyof typeof smallFloats | 'float8e8m0';

const tables = new Map<SmallFloatType, Float32Array>();

/** The value of every code of the type. */
export function smallFloatTable(dtype: SmallFloatType): Float32Array {
  let table = tables.get(dtype);
  if (table === undefined) {
    table = dtype === 'float8e8m0' ? powersTable() : valuesTable(smallFloats[dtype]);
    tables.set(dtype, table);
  }
  return table;
}

/** e8m0 is a scale: 2^(code − 127), without sign; 255 is NaN. */
const powersTable = (): Float32Array =>
  Float32Array.from({ length: 256 }, (_, code) => (code === 255 ? Number.NaN : 2 ** (code - 127)));

function valuesTable(format: SmallFloat): Float32Array {
  const size = 2 ** (1 + format.exponent + format.mantissa);
  return Float32Array.from({ length: size }, (_, code) => decode(code, size / 2, format));
}

function decode(
  code: number,
  signBit: number,
  { exponent, mantissa, bias, special }: SmallFloat,
): number {
  const sign = code >= signBit ? -1 : 1;
  const magnitude = code % signBit;
  const e = magnitude >> mantissa;
  const m = magnitude % 2 ** mantissa;
  if (special === 'negative-zero' && code === signBit) return Number.NaN;
  if (special === 'all-ones' && magnitude === signBit - 1) return Number.NaN;
  if (special === 'ieee' && e === 2 ** exponent - 1)
    return m === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (e === 0) return sign * 2 ** (1 - bias) * (m / 2 ** mantissa);
  return sign * 2 ** (e - bias) * (1 + m / 2 ** mantissa);
}
