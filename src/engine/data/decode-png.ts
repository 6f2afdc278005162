import { decode } from 'fast-png';
import { zlibSync } from 'fflate';
import { EngineError } from '../core/index.ts';
import { crc32 } from './crc32.ts';
import { unreadable } from './data-errors.ts';
import { inflateBounded } from './inflate-bounded.ts';
import type { Pixels } from './orient-pixels.ts';

/**
 * PNG to grey or RGB bytes, as PIL's `convert('RGB')` gives them: palettes are looked up, alpha and transparency are dropped (not
 * composited), 16 bits keep their high byte, fewer than 8 bits of grey are spread over 0..255.
 *
 * The decoder is not shown the file but only what is needed of it: header, palette, and the pixel data after inflating it to
 * exactly the size the header implies. So neither a bomb in the pixels nor one in a colour profile or text reaches it.
 */
const colourTypes: Readonly<Record<number, { samples: number; depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};

export function decodePng(bytes: Uint8Array, where: string): Pixels {
  const { header, palette, data } = essentialChunks(bytes, where);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colourType = 0, , , interlace = 0] = header.subarray(8);
  const type = colourTypes[colourType];
  if (type === undefined || !type.depths.includes(depth))
    throw unreadable(where, `a PNG of colour type ${colourType} with ${depth} bits`);
  const expected = filteredBytes(width, height, depth * type.samples, interlace === 1);
  const raw = inflateBounded(data, 'zlib', { where, expected, maxRatio: 1032 });
  const parts = [chunk('IHDR', header), ...(palette === undefined ? [] : [chunk('PLTE', palette)])];
  const clean = joinBytes([
    signature,
    ...parts,
    chunk('IDAT', zlibSync(raw, { level: 0 })),
    chunk('IEND', new Uint8Array()),
  ]);
  const samples = decodeClean(clean, where);
  const wide =
    samples instanceof Uint16Array
      ? Uint8Array.from(samples, (value) => value >> 8)
      : Uint8Array.from(samples);
  if (colourType === 3) return lookUp(wide, { width, height, depth }, palette, where);
  const full = depth < 8 ? unpack(wide, width, height, depth, 255 / (2 ** depth - 1)) : wide;
  return dropAlpha(full, width, height, type.samples);
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function essentialChunks(
  bytes: Uint8Array,
  where: string,
): { header: Uint8Array; palette: Uint8Array | undefined; data: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Uint8Array | undefined;
  let palette: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) throw unreadable(where, 'the PNG is cut off');
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header ??= body;
    else if (type === 'PLTE') palette ??= body;
    else if (type === 'IDAT') data.push(body);
    else if (type === 'IEND') break;
    at += 12 + length;
  }
  if (header?.length !== 13 || data.length === 0)
    throw unreadable(where, 'the PNG holds no picture');
  return { header, palette, data: joinBytes(data) };
}

/** Size of the filtered rows: one filter byte per row, in seven passes where interlaced (PNG §8.2). */
function filteredBytes(width: number, height: number, bits: number, interlaced: boolean): number {
  const rows = (w: number, h: number): number =>
    w > 0 && h > 0 ? h * (1 + Math.ceil((w * bits) / 8)) : 0;
  if (!interlaced) return rows(width, height);
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  return passes.reduce(
    (sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
    0,
  );
}

function decodeClean(
  bytes: Uint8Array,
  where: string,
): ArrayLike<number> & (Uint8Array | Uint8ClampedArray | Uint16Array) {
  try {
    return decode(bytes).data;
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw unreadable(where, `damaged PNG (${error instanceof Error ? error.message : 'unknown'})`);
  }
}

/** Samples of 1, 2 or 4 bits, rows padded to bytes, each times `scale`. */
function unpack(
  packed: Uint8Array,
  width: number,
  height: number,
  depth: number,
  scale: number,
): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = packed[y * rowBytes + (bit >> 3)] as number;
      values[y * width + x] = ((byte >> (8 - depth - (bit & 7))) & mask) * scale;
    }
  return values;
}

function lookUp(
  packed: Uint8Array,
  { width, height, depth }: { width: number; height: number; depth: number },
  palette: Uint8Array | undefined,
  where: string,
): Pixels {
  if (palette === undefined) throw unreadable(where, 'the PNG has no palette');
  const indices = depth < 8 ? unpack(packed, width, height, depth, 1) : packed;
  const data = new Uint8Array(width * height * 3);
  indices.forEach((index, i) => {
    if (3 * index + 2 >= palette.length)
      throw unreadable(where, `colour ${index} is not in the palette`);
    data.set(palette.subarray(3 * index, 3 * index + 3), 3 * i);
  });
  return { width, height, channels: 3, data };
}

function dropAlpha(samples: Uint8Array, width: number, height: number, stored: number): Pixels {
  const channels = stored >= 3 ? 3 : 1;
  if (stored === channels) return { width, height, channels, data: samples };
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++)
    for (let channel = 0; channel < channels; channel++)
      data[i * channels + channel] = samples[i * stored + channel] as number;
  return { width, height, channels, data };
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
