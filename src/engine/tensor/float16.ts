/**
 * IEEE 754 binary16 ⇄ number, by bits: 1 sign, 5 exponent (bias 15), 10 fraction. Rounding is to nearest, ties to even, once
 * from the double (not twice by way of float32). NaN keeps its sign; every NaN becomes quiet.
 */
const scratch = new DataView(new ArrayBuffer(8));

/** The number a 16-bit pattern stands for. */
export function float16ToNumber(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The 16-bit pattern nearest to a number; beyond ±65519.99… it is infinity. */
export function numberToFloat16(value: number): number {
  scratch.setFloat64(0, value);
  const sign = (scratch.getUint8(0) & 0x80) << 8;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = (scratch.getUint16(0) & 0x7ff0) / 16 - 1023;
  // 1024 + fraction, rounded; a carry into 2048 raises the exponent by itself.
  return sign | (((exponent + 14) << 10) + roundToEven(magnitude * 2 ** (10 - exponent)));
}

/** Exact for magnitudes below 2^52, as all here are. */
function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
