/**
 * Packing of small integers into a bit stream, the first element in the lowest bits: what ONNX does for int4/uint4 (two a
 * byte), int2/uint2 (four a byte) and the six-bit floats (four in three bytes), and what MatMulNBits does for 2..8 bits.
 * An element is its low `bits` bits, so signed numbers go in as two's complement. The last byte is padded with zeros.
 */

/** `values.length` elements → ceil(length · bits / 8) bytes. 1 ≤ bits ≤ 8. */
export function packBits(values: ArrayLike<number>, bits: number): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(Math.ceil((values.length * bits) / 8));
  const mask = (1 << bits) - 1;
  let pending = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    pending |= ((values[i] as number) & mask) << held;
    held += bits;
    while (held >= 8) {
      packed[at++] = pending;
      pending >>>= 8;
      held -= 8;
    }
  }
  if (held > 0) packed[at] = pending;
  return packed;
}

/** The elements as unsigned numbers 0 .. 2^bits − 1. Throws RangeError when the bytes hold fewer than `count`. */
export function unpackBits(
  packed: Uint8Array,
  bits: number,
  count: number,
): Uint8Array<ArrayBuffer> {
  if (packed.length < Math.ceil((count * bits) / 8))
    throw new RangeError(
      `${count} elements of ${bits} bits do not fit into ${packed.length} bytes`,
    );
  const values = new Uint8Array(count);
  const mask = (1 << bits) - 1;
  let pending = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (held < bits) {
      pending |= (packed[at++] as number) << held;
      held += 8;
    }
    values[i] = pending & mask;
    pending >>>= bits;
    held -= bits;
  }
  return values;
}

/** The elements as two's complement numbers −2^(bits−1) .. 2^(bits−1) − 1. */
export function unpackSignedBits(
  packed: Uint8Array,
  bits: number,
  count: number,
): Int8Array<ArrayBuffer> {
  const values = new Int8Array(unpackBits(packed, bits, count).buffer);
  const shift = 32 - bits;
  for (let i = 0; i < count; i++) values[i] = ((values[i] as number) << shift) >> shift;
  return values;
}
