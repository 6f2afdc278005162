import { unreadable, unsupported } from './data-errors.ts';
import { exifOrientation } from './exif-orientation.ts';
import { readJpegFrame } from './jpeg-frame.ts';

/**
 * What an image file says of itself before anything is decoded: format, size, orientation. Images over 64 megapixels are refused
 * from here, so that a small file cannot ask for gigabytes.
 */
export interface ImageHeader {
  readonly format: 'png' | 'jpeg';
  readonly width: number;
  readonly height: number;
  /** EXIF orientation 1–8 (1: as stored). */
  readonly orientation: number;
}

export const maxPixels = 64_000_000;

/** Throws `data/unsupported` for other formats (named in words) and for images too large, `data/unreadable` for damage. */
export function readImageHeader(bytes: Uint8Array, where: string): ImageHeader {
  const header = isPng(bytes)
    ? pngHeader(bytes, where)
    : isJpeg(bytes)
      ? jpegHeader(bytes, where)
      : undefined;
  if (header === undefined) throw otherFormat(bytes, where);
  if (header.width === 0 || header.height === 0)
    throw unreadable(where, `an image of ${header.width}×${header.height} pixels`);
  if (header.width * header.height > maxPixels)
    throw unsupported(
      where,
      `${header.width}×${header.height} pixels; the limit is 64 megapixels`,
      'Scale it down first',
    );
  return header;
}

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  bytes.length >= at + text.length &&
  text === String.fromCharCode(...bytes.subarray(at, at + text.length));

const isPng = (bytes: Uint8Array): boolean => startsWith(bytes, '\x89PNG\r\n\x1a\n');
const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

function otherFormat(bytes: Uint8Array, where: string): Error {
  if (bytes.length === 0) return unreadable(where, 'an empty file');
  const hint = 'Convert it to PNG or JPEG';
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8))
    return unsupported(where, 'a WebP image', hint);
  if (startsWith(bytes, 'GIF8')) return unsupported(where, 'a GIF image (animated or not)', hint);
  if (startsWith(bytes, 'BM')) return unsupported(where, 'a BMP image', hint);
  if (startsWith(bytes, 'II*\0') || startsWith(bytes, 'MM\0*'))
    return unsupported(where, 'a TIFF image', hint);
  if (startsWith(bytes, 'ftyp', 4)) return unsupported(where, 'an AVIF or HEIC image', hint);
  const text = new TextDecoder().decode(bytes.subarray(0, 512));
  if (/<svg|<\?xml/i.test(text)) return unsupported(where, 'an SVG drawing', hint);
  return unreadable(where, 'neither a PNG nor a JPEG image');
}

function pngHeader(bytes: Uint8Array, where: string): ImageHeader {
  if (bytes.length < 33 || !startsWith(bytes, 'IHDR', 12))
    throw unreadable(where, 'a PNG without its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (startsWith(bytes, 'acTL', at + 4))
      throw unsupported(where, 'an animated PNG', 'Save one frame of it');
    if (startsWith(bytes, 'eXIf', at + 4))
      orientation = exifOrientation(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return { format: 'png', width: view.getUint32(16), height: view.getUint32(20), orientation };
}

function jpegHeader(bytes: Uint8Array, where: string): ImageHeader {
  const { width, height, orientation } = readJpegFrame(bytes, where);
  return { format: 'jpeg', width, height, orientation };
}
