/** Pixels by rows, `[height, width, channels]`. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/**
 * Turns a stored image the way its EXIF orientation says it is to be seen. For each orientation: which stored column and row the
 * pixel (x, y) of the upright image comes from (EXIF 2.32 §4.6.4, tag 0x0112). W, H are the stored sizes.
 */
const sources: readonly ((
  x: number,
  y: number,
  w: number,
  h: number,
) => readonly [number, number])[] = [
  (x, y) => [x, y], // 1: as it is
  (x, y, w) => [w - 1 - x, y], // 2: mirrored left-right
  (x, y, w, h) => [w - 1 - x, h - 1 - y], // 3: turned by 180°
  (x, y, _w, h) => [x, h - 1 - y], // 4: mirrored up-down
  (x, y) => [y, x], // 5: transposed
  (x, y, _w, h) => [y, h - 1 - x], // 6: to be turned 90° clockwise
  (x, y, w, h) => [w - 1 - y, h - 1 - x], // 7: transposed across the other diagonal
  (x, y, w) => [w - 1 - y, x], // 8: to be turned 90° counter-clockwise
];

export function orientPixels(pixels: Pixels, orientation: number): Pixels {
  const source = sources[orientation - 1];
  if (source === undefined || orientation === 1) return pixels;
  const { width: w, height: h, channels } = pixels;
  const [width, height] = orientation >= 5 ? [h, w] : [w, h];
  const data = new Uint8Array(pixels.data.length);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [sx, sy] = source(x, y, w, h);
      const from = (sy * w + sx) * channels;
      for (let channel = 0; channel < channels; channel++)
        data[to++] = pixels.data[from + channel] as number;
    }
  return { width, height, channels, data };
}
