import { decodeJpeg } from './decode-jpeg.ts';
import { decodePng } from './decode-png.ts';
import { readImageHeader } from './image-header.ts';
import { orientPixels, type Pixels } from './orient-pixels.ts';

/**
 * An image file as upright pixels (grey or RGB, 8 bits): the same bytes give the same pixels on every machine.
 * Throws `data/unsupported` and `data/unreadable`, naming `where`.
 */
export function decodeImage(bytes: Uint8Array, where: string): Pixels {
  const header = readImageHeader(bytes, where);
  const pixels = header.format === 'png' ? decodePng(bytes, where) : decodeJpeg(bytes, where);
  return orientPixels(pixels, header.orientation);
}
