import { float16ToFloat32Bits, tensorBytes, type Tensor } from '../../tensor/index.ts';

/**
 * |w| as an unsigned integer that orders like the number: for IEEE 754 the bit pattern without its sign is monotone in the magnitude
 * (NaN above infinity). float16 patterns are widened to their exact float32 pattern, so that weights of both types share one scale.
 */
export type MagnitudeReader = (index: number) => number;

export function magnitudeReader(tensor: Tensor): MagnitudeReader {
  const bytes = tensorBytes(tensor);
  const view = aligned(bytes, tensor.dtype === 'float16' ? 2 : 4);
  if (tensor.dtype === 'float32') {
    const bits = new Uint32Array(view.buffer, view.byteOffset, view.byteLength / 4);
    return (index) => (bits[index] as number) & 0x7fffffff;
  }
  if (tensor.dtype === 'float16') {
    const bits = new Uint16Array(view.buffer, view.byteOffset, view.byteLength / 2);
    return (index) => float16ToFloat32Bits((bits[index] as number) & 0x7fff);
  }
  throw new TypeError(`${tensor.dtype} has no magnitude pattern`);
}

export const hasMagnitudes = (tensor: Tensor): boolean =>
  tensor.dtype === 'float32' || tensor.dtype === 'float16';

/** The same bytes at an address a typed array accepts: a view where possible, else a copy. */
export const aligned = (bytes: Uint8Array, width: number): Uint8Array =>
  bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
