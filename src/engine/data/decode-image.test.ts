import { deflateSync } from 'node:zlib';
import { unzlibSync } from 'fflate';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { decodeImage } from './decode-image.ts';
import { exifOrientation } from './exif-orientation.ts';
import { readImageHeader } from './image-header.ts';
import { orientPixels } from './orient-pixels.ts';
import { resizeBilinear } from './resize-bilinear.ts';
import { pilImages, pilResized } from './testing/pil-fixtures.ts';

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const code = (expected: string): object => expect.objectContaining({ code: expected }) as object;

/** Largest difference from PIL's RGB pixels. */
function differenceFromPil(name: keyof typeof pilImages): number {
  const { file, pixels } = pilImages[name];
  const decoded = decodeImage(fromBase64(file), name);
  const expected = unzlibSync(fromBase64(pixels));
  expect(decoded.width * decoded.height * 3).toBe(expected.length);
  return expected.reduce((largest, value, i) => {
    const at = decoded.channels === 3 ? i : Math.floor(i / 3);
    return Math.max(largest, Math.abs(value - (decoded.data[at] as number)));
  }, 0);
}

describe('decodeImage', () => {
  it.each(['png', 'palettePng', 'rgbaPng', 'bilevelPng', 'grey16Png'] as const)(
    'reads %s to the very pixels PIL reads',
    (name) => {
      expect(differenceFromPil(name)).toBe(0);
    },
  );

  it.each([
    'jpeg420',
    'jpeg422',
    'jpegProgressive',
    'jpegGrey',
    'jpegCmyk',
    'jpegRotated',
  ] as const)('reads %s within three steps of PIL', (name) => {
    expect(differenceFromPil(name)).toBeLessThanOrEqual(3);
  });

  it('turns the rotated picture upright', () => {
    const upright = decodeImage(fromBase64(pilImages.jpegRotated.file), 'rotated');
    expect([upright.width, upright.height]).toEqual([9, 11]);
  });

  it('gives the same pixels for the same bytes', () => {
    for (const { file } of Object.values(pilImages))
      expect(decodeImage(fromBase64(file), 'a')).toEqual(decodeImage(fromBase64(file), 'b'));
  });

  it('refuses an image of 30,000 × 30,000 pixels by its header', () => {
    const huge = fromBase64(pilImages.png.file).slice();
    new DataView(huge.buffer).setUint32(16, 30_000);
    new DataView(huge.buffer).setUint32(20, 30_000);
    expect(() => decodeImage(huge, 'huge.png')).toThrow(code('data/unsupported'));
    expect(() => decodeImage(huge, 'huge.png')).toThrow('64 megapixels');
    const jpeg = fromBase64(pilImages.jpeg420.file).slice();
    const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    new DataView(jpeg.buffer).setUint32(frame + 5, 0x75307530);
    expect(() => decodeImage(jpeg, 'huge.jpg')).toThrow('30000×30000 pixels');
  });

  it('refuses other formats in words', () => {
    const text = (words: string): Uint8Array => new TextEncoder().encode(words);
    const files: [Uint8Array, string][] = [
      [text('RIFF\0\0\0\0WEBPVP8 '), 'WebP'],
      [text('GIF89a......'), 'GIF'],
      [text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), 'SVG'],
      [text('\0\0\0\x1cftypavif'), 'AVIF or HEIC'],
      [text('BM..........'), 'BMP'],
    ];
    for (const [bytes, words] of files) expect(() => decodeImage(bytes, 'x')).toThrow(words);
    expect(() => decodeImage(text('not an image'), 'x')).toThrow(code('data/unreadable'));
    expect(() => decodeImage(new Uint8Array(), 'x')).toThrow('empty');
  });

  it('refuses an animated PNG and a bomb in the pixels', () => {
    const png = fromBase64(pilImages.png.file);
    const animated = new Uint8Array(png.length + 20);
    animated.set(png.subarray(0, 33));
    animated.set([0, 0, 0, 8, 0x61, 0x63, 0x54, 0x4c], 33);
    animated.set(png.subarray(33), 53);
    expect(() => decodeImage(animated, 'x.png')).toThrow('animated');
    const bomb = deflateSync(new Uint8Array(50_000_000));
    const tiny = encode({ width: 1, height: 1, data: Uint8Array.of(1), channels: 1 });
    const swollen = new Uint8Array(33 + 12 + bomb.length + 12);
    swollen.set(tiny.subarray(0, 33));
    new DataView(swollen.buffer).setUint32(33, bomb.length);
    swollen.set([0x49, 0x44, 0x41, 0x54], 37);
    swollen.set(bomb, 41);
    swollen.set([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44], 45 + bomb.length);
    expect(() => decodeImage(swollen, 'bomb.png')).toThrow('more than the 2 bytes it promises');
  });

  it('names damage wherever a file is cut off, and never hangs on flipped bytes', () => {
    const rng = createRng(8);
    for (const { file } of Object.values(pilImages)) {
      const bytes = fromBase64(file);
      for (let length = 0; length < bytes.length - 16; length += 23)
        expect(() => decodeImage(bytes.slice(0, length), 'cut')).toThrow(code('data/unreadable'));
      for (let i = 0; i < 40; i++) {
        const flipped = bytes.slice();
        const at = rng.integer(flipped.length);
        flipped[at] = (flipped[at] as number) ^ (1 << rng.integer(8));
        try {
          decodeImage(flipped, 'flipped');
        } catch (error) {
          expect(error).toEqual(
            expect.objectContaining({ code: expect.stringMatching(/^data\//) as string }),
          );
        }
      }
    }
  });
});

describe('orientPixels', () => {
  // The letter-like pattern 1 2 3 / 4 5 6 and how each orientation shows it upright (EXIF 2.32 §4.6.4).
  const upright: Record<number, string> = {
    1: '123/456',
    2: '321/654',
    3: '654/321',
    4: '456/123',
    5: '14/25/36',
    6: '41/52/63',
    7: '63/52/41',
    8: '36/25/14',
  };
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns orientation %i upright', (orientation) => {
    const turned = orientPixels(
      { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
      orientation,
    );
    const rows = Array.from({ length: turned.height }, (_, y) =>
      turned.data.subarray(y * turned.width, (y + 1) * turned.width).join(''),
    );
    expect(rows.join('/')).toBe(upright[orientation]);
  });

  it('is read from both byte orders, and is 1 for nonsense', () => {
    const little = Uint8Array.of(
      0x49,
      0x49,
      42,
      0,
      8,
      0,
      0,
      0,
      1,
      0,
      0x12,
      1,
      3,
      0,
      1,
      0,
      0,
      0,
      8,
      0,
      0,
      0,
    );
    const big = Uint8Array.of(
      0x4d,
      0x4d,
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      1,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      3,
      0,
      0,
    );
    expect(exifOrientation(little)).toBe(8);
    expect(exifOrientation(big)).toBe(3);
    expect(exifOrientation(big.slice(0, 20))).toBe(1);
    expect(exifOrientation(little.map((byte, i) => (i === 18 ? 77 : byte)))).toBe(1);
    expect(readImageHeader(fromBase64(pilImages.jpegRotated.file), 'x').orientation).toBe(6);
  });
});

describe('resizeBilinear', () => {
  const image = decodeImage(fromBase64(pilImages.png.file), 'png');

  it.each(pilResized.map((row) => [`${row.width}×${row.height}`, row] as const))(
    'is PIL’s to %s, to the last float bits',
    (_name, row) => {
      const expected = new Float32Array(unzlibSync(fromBase64(row.values)).buffer);
      const actual = resizeBilinear(image, row.width, row.height);
      expect(actual.length).toBe(expected.length);
      const largest = actual.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))),
        0,
      );
      expect(largest).toBeLessThan(1e-4);
    },
  );

  it('computes a window as the same part of the whole', () => {
    const whole = resizeBilinear(image, 8, 7);
    const part = resizeBilinear(image, 8, 7, { x: 2, y: 3, width: 4, height: 2 });
    const expected = [3, 4].flatMap((y) => [...whole.subarray((y * 8 + 2) * 3, (y * 8 + 6) * 3)]);
    expect([...part]).toEqual(expected);
  });
});
