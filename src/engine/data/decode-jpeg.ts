import { decode } from 'jpeg-js';
import { chromaUpsampler } from './chroma-upsampler.ts';
import { unreadable, unsupported } from './data-errors.ts';
import { maxPixels } from './image-header.ts';
import { readJpegFrame, type JpegFrame } from './jpeg-frame.ts';
import type { Pixels } from './orient-pixels.ts';

/**
 * Baseline and progressive JPEG to bytes, in plain JavaScript, so that a browser and Node get the same pixels (their own
 * decoders differ among themselves). Grey stays grey; CMYK becomes RGB as R = (255 − C)(255 − K) ÷ 255.
 *
 * The library repeats each colour sample over its 2×2 pixels. Models are trained on images decoded by libjpeg, which
 * interpolates; so the library is asked for Y, Cb, Cr, and the interpolation and the conversion (JFIF 1.02, rounded) are done here.
 */
const maxMemoryMB = 1024;

export function decodeJpeg(bytes: Uint8Array, where: string): Pixels {
  const frame = readJpegFrame(bytes, where);
  const samples = decodeSamples(
    frame.components.length === 3 ? withoutAdobe(bytes, frame) : bytes,
    where,
  );
  if (frame.components.length === 1) return firstOfThree(samples);
  if (frame.components.length === 3 && isYcc(frame)) toRgb(samples, frame);
  return samples;
}

function decodeSamples(bytes: Uint8Array, where: string): Pixels {
  try {
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      colorTransform: false,
      maxResolutionInMP: Math.ceil(maxPixels / 1e6),
      maxMemoryUsageInMB: maxMemoryMB,
    });
    return { width, height, channels: 3, data };
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    if (reason.startsWith('maxMemoryUsageInMB'))
      throw unsupported(
        where,
        `decoding this JPEG takes more than ${maxMemoryMB} MB`,
        'Scale it down first',
      );
    throw unreadable(where, `damaged JPEG (${reason})`);
  }
}

/** Adobe's segment would make the library convert by itself. */
function withoutAdobe(bytes: Uint8Array, { adobe }: JpegFrame): Uint8Array {
  if (adobe === undefined) return bytes;
  const rest = new Uint8Array(bytes.length - (adobe.to - adobe.from));
  rest.set(bytes.subarray(0, adobe.from));
  rest.set(bytes.subarray(adobe.to), adobe.from);
  return rest;
}

/** Three components are Y, Cb, Cr unless Adobe's segment says otherwise or they are named R, G, B (as libjpeg decides). */
function isYcc({ adobe, components }: JpegFrame): boolean {
  if (adobe !== undefined) return adobe.transform !== 0;
  return String.fromCharCode(...components.map(({ id }) => id)) !== 'RGB';
}

function firstOfThree({ width, height, data }: Pixels): Pixels {
  return {
    width,
    height,
    channels: 1,
    data: Uint8Array.from({ length: width * height }, (_, i) => data[3 * i] as number),
  };
}

/** In place: each row's chroma is interpolated (from a copy of the samples), then converted. */
function toRgb({ width, height, data }: Pixels, frame: JpegFrame): void {
  const [luma, ...chroma] = frame.components;
  const planes = chroma.map((component, i) =>
    chromaUpsampler(
      data,
      { width, height, channel: i + 1 },
      (luma?.h ?? 1) / component.h,
      (luma?.v ?? 1) / component.v,
    ),
  );
  const [blue, red] = planes;
  if (blue === undefined || red === undefined) return;
  for (let y = 0; y < height; y++) {
    const cbRow = blue(y);
    const crRow = red(y);
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const luminance = data[at] as number;
      const cb = (cbRow[x] as number) - 128;
      const cr = (crRow[x] as number) - 128;
      data[at] = toByte(luminance + 1.402 * cr);
      data[at + 1] = toByte(luminance - 0.344136286 * cb - 0.714136286 * cr);
      data[at + 2] = toByte(luminance + 1.772 * cb);
    }
  }
}

const toByte = (value: number): number =>
  value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
