/**
 * A lossless filter for 8-bit images before deflate: each byte is replaced by its difference (mod 256) from a prediction made from
 * its left (W), upper (N) and upper-left (NW) neighbours of the same channel, zero outside the image:
 *   median of W, N and W + N − NW   (the MED predictor of LOCO-I / JPEG-LS, Weinberger et al. 2000)
 * Drawings on an empty ground (MNIST) deflate better as they are, photographs better filtered; the encoder tries both.
 * Images are `[height, width, channels]`, one after the other.
 */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Differences from the prediction; a new array. */
export function filterResidual(images: Uint8Array, shape: ImageShape): Uint8Array {
  const residual = new Uint8Array(images.length);
  eachPixel(images, images, shape, (at, predicted) => {
    residual[at] = ((images[at] as number) - predicted) & 255;
  });
  return residual;
}

/** The inverse of `filterResidual`, in place. */
export function unfilterResidual(residual: Uint8Array, shape: ImageShape): Uint8Array {
  eachPixel(residual, residual, shape, (at, predicted) => {
    residual[at] = ((residual[at] as number) + predicted) & 255;
  });
  return residual;
}

function eachPixel(
  known: Uint8Array,
  all: Uint8Array,
  { height, width, channels }: ImageShape,
  visit: (at: number, predicted: number) => void,
): void {
  const row = width * channels;
  for (let start = 0; start + height * row <= all.length; start += height * row)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < row; x++) {
        const at = start + y * row + x;
        const west = x >= channels ? (known[at - channels] as number) : 0;
        const north = y > 0 ? (known[at - row] as number) : 0;
        const corner = x >= channels && y > 0 ? (known[at - row - channels] as number) : 0;
        visit(at, medianPrediction(west, north, corner));
      }
}

function medianPrediction(west: number, north: number, corner: number): number {
  const high = west > north ? west : north;
  const low = west > north ? north : west;
  if (corner >= high) return low;
  if (corner <= low) return high;
  return west + north - corner;
}
