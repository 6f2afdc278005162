/**
 * How a uint8 array's sample is read as an image. Two axes are a grey image; of three, the one of size 1, 3 or 4 at either end
 * holds the channels (at both ends: where height and width then differ less; last if equal). One axis of n² or 3n² bytes
 * (n ≥ 8) is a flattened square image, MNIST- or CIFAR-wise (channels first); any other length is a strip one pixel high.
 */
export interface PixelShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
  /** True where the file has channels first. */
  readonly planar: boolean;
}

/** undefined when the dims are not those of an image. */
export function pixelShape(dims: readonly number[]): PixelShape | undefined {
  const [a = 0, b = 0, c = 0] = dims;
  if (dims.length === 1) return flatShape(a);
  if (dims.length === 2) return { height: a, width: b, channels: 1, planar: false };
  if (dims.length !== 3) return undefined;
  const last: PixelShape | undefined = isChannels(c)
    ? { height: a, width: b, channels: c, planar: false }
    : undefined;
  const first: PixelShape | undefined = isChannels(a)
    ? { height: b, width: c, channels: a, planar: true }
    : undefined;
  if (last === undefined || first === undefined) return last ?? first;
  return unevenness(first) < unevenness(last) ? first : last;
}

const isChannels = (size: number): size is 1 | 3 | 4 => size === 1 || size === 3 || size === 4;

const unevenness = ({ height, width }: PixelShape): number => Math.abs(Math.log(height / width));

function flatShape(length: number): PixelShape {
  const grey = Math.sqrt(length);
  if (Number.isInteger(grey) && grey >= 8)
    return { height: grey, width: grey, channels: 1, planar: false };
  const colour = Math.sqrt(length / 3);
  if (Number.isInteger(colour) && colour >= 8)
    return { height: colour, width: colour, channels: 3, planar: true };
  return { height: 1, width: length, channels: 1, planar: false };
}

/** Bytes with channels first, rearranged to height, width, channels. */
export function interleave(data: Uint8Array, { height, width, channels }: PixelShape): Uint8Array {
  const pixels = height * width;
  const interleaved = new Uint8Array(data.length);
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < pixels; i++)
      interleaved[i * channels + channel] = data[channel * pixels + i] as number;
  return interleaved;
}
