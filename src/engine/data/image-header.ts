import { unreadable, unsupported } from './data-errors.ts';

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
  [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));

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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw unreadable(where, `no JPEG marker at byte ${at}`);
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (marker === 0xe1 && startsWith(bytes, 'Exif\0\0', at + 4))
      orientation = exifOrientation(bytes.subarray(at + 10, at + 2 + length));
    if (isFrame(marker)) {
      if (at + 10 > bytes.length) break;
      checkFrame(marker, bytes[at + 4] as number, where);
      return {
        format: 'jpeg',
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        orientation,
      };
    }
    if (marker === 0xda || marker === 0xd9) break;
    at += 2 + length;
  }
  throw unreadable(where, 'a JPEG without a frame: cut off or damaged');
}

/** SOF0–SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function checkFrame(marker: number, precision: number, where: string): void {
  if (marker > 0xc2)
    throw unsupported(
      where,
      `a lossless, hierarchical or arithmetic-coded JPEG (SOF${marker - 0xc0})`,
      'Save it as an ordinary JPEG',
    );
  if (precision !== 8)
    throw unsupported(where, `a JPEG of ${precision} bits a sample`, 'Save it with 8 bits');
}

/** Tag 0x0112 of the first directory of a TIFF block (EXIF 2.32 §4.6.4); 1 when absent or nonsense. */
export function exifOrientation(tiff: Uint8Array): number {
  if (tiff.length < 14) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
