import { decode } from 'jpeg-js';
import { unreadable, unsupported } from './data-errors.ts';
import { maxPixels } from './image-header.ts';
import type { Pixels } from './orient-pixels.ts';

/**
 * Baseline and progressive JPEG to RGB bytes, in plain JavaScript, so that a browser and Node get the same pixels (their
 * own decoders differ among themselves). Grey is returned as RGB; CMYK becomes RGB as R = (255 − C)(255 − K) ÷ 255.
 */
const maxMemoryMB = 1024;

export function decodeJpeg(bytes: Uint8Array, where: string): Pixels {
  try {
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
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
