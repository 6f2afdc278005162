import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { packBits, unpackBits, unpackSignedBits } from './pack-bits.ts';

describe('packed bits', () => {
  it('lie as the ONNX specification says', () => {
    // Two int4 a byte, the first in the low half; the odd one leaves zeros.
    expect([...packBits([1, -1, 7], 4)]).toEqual([0xf1, 0x07]);
    expect([...unpackSignedBits(Uint8Array.of(0xf1, 0x07), 4, 3)]).toEqual([1, -1, 7]);
    expect([...unpackBits(Uint8Array.of(0xf1, 0x07), 4, 3)]).toEqual([1, 15, 7]);
    // Four int2 a byte: x0 | x1 << 2 | x2 << 4 | x3 << 6.
    expect([...packBits([1, 2, 3, 0], 2)]).toEqual([1 | (2 << 2) | (3 << 4)]);
    expect([...unpackSignedBits(Uint8Array.of(0b00_11_10_01), 2, 4)]).toEqual([1, -2, -1, 0]);
    // Four six-bit floats in three bytes.
    const [a, b, c, d] = [0x2a, 0x15, 0x3f, 0x01] as const;
    expect([...packBits([a, b, c, d], 6)]).toEqual([
      a | ((b & 3) << 6),
      (b >> 2) | ((c & 15) << 4),
      (c >> 4) | (d << 2),
    ]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    '%i bits come back, unsigned and signed, for every count',
    (bits) => {
      const rng = createRng(bits);
      for (let count = 0; count < 40; count++) {
        const values = Array.from({ length: count }, () => rng.integer(2 ** bits));
        const packed = packBits(values, bits);
        expect(packed).toHaveLength(Math.ceil((count * bits) / 8));
        expect([...unpackBits(packed, bits, count)]).toEqual(values);
        const signed = values.map((value) => value - 2 ** (bits - 1));
        expect([...unpackSignedBits(packBits(signed, bits), bits, count)]).toEqual(signed);
        // The same as writing the number out in binary.
        const whole = values.reduceRight((sum, value) => (sum << BigInt(bits)) | BigInt(value), 0n);
        packed.forEach((byte, i) => expect(byte).toBe(Number((whole >> BigInt(8 * i)) & 255n)));
      }
    },
  );

  it('refuse to give more than there is', () => {
    expect(() => unpackBits(Uint8Array.of(1), 4, 3)).toThrow(RangeError);
  });
});
