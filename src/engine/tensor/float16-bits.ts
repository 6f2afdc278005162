/**
 * The float32 pattern of a float16 pattern, sign included, without going through a number: every float16 is a
 * float32, so this is exact, NaN payloads included. binary16: 1 sign, 5 exponent (bias 15), 10 fraction.
 */
export function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const magnitude = half & 0x7fff;
  if (magnitude >= 0x7c00) return (sign | 0x7f800000 | ((magnitude & 0x3ff) << 13)) >>> 0;
  if (magnitude >= 0x400) return (sign | ((magnitude << 13) + 0x38000000)) >>> 0;
  if (magnitude === 0) return sign >>> 0;
  // Subnormal: fraction · 2^-24; the leading one becomes the hidden bit.
  const lead = 31 - Math.clz32(magnitude);
  return (sign | ((lead + 103) << 23) | ((magnitude << (23 - lead)) & 0x7fffff)) >>> 0;
}
