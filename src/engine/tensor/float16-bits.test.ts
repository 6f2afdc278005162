import { expect, it } from 'vitest';
import { float16ToFloat32Bits } from './float16-bits.ts';
import { float16ToNumber } from './float16.ts';

it('widens every float16 pattern to the float32 pattern of the same number', () => {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  let wrong = 0;
  for (let half = 0; half < 65536; half++) {
    const number = float16ToNumber(half);
    bits[0] = float16ToFloat32Bits(half);
    if (!Object.is(float[0], number)) wrong++;
  }
  expect(wrong).toBe(0);
  expect(float16ToFloat32Bits(0x3c00)).toBe(0x3f800000);
});
