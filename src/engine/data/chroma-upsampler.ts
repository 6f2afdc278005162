/**
 * libjpeg's "fancy upsampling" (jdsample.c): chroma stored at half the width and/or height is interpolated with a triangle
 * filter, weights ¾ and ¼ in each direction, with its rounding constants. Samples come as the library left them: each stored one repeated
 * over its pixels. For other ratios than 1 and 2, and rows of two or fewer stored samples, repeating stays.
 */
export interface ChromaPlane {
  readonly width: number;
  readonly height: number;
  /** Which of three interleaved channels. */
  readonly channel: number;
}

/** A function from a row's number to its interpolated samples (one array, used again for every row). */
export function chromaUpsampler(
  data: Uint8Array,
  { width, height, channel }: ChromaPlane,
  horizontal: number,
  vertical: number,
): (row: number) => ArrayLike<number> {
  const row = new Uint8Array(width);
  const fancy =
    (horizontal === 2 && (vertical === 1 || vertical === 2) && width > 4) ||
    (horizontal === 1 && vertical === 2);
  if (!fancy)
    return (y) => {
      for (let x = 0; x < width; x++) row[x] = data[(y * width + x) * 3 + channel] as number;
      return row;
    };
  const stored = storedSamples(data, { width, height, channel }, horizontal, vertical);
  const sums = new Int32Array(stored.columns);
  return (y) => {
    columnSums(stored, y, vertical, sums);
    if (horizontal === 1)
      for (let x = 0; x < width; x++) row[x] = ((sums[x] as number) + (y % 2 === 0 ? 1 : 2)) >> 2;
    else if (vertical === 1) widen(sums, row, 1, 2, 2);
    else widen(sums, row, 8, 7, 4);
    return row;
  };
}

interface Stored {
  readonly columns: number;
  readonly rows: number;
  readonly samples: Uint8Array;
}

function storedSamples(
  data: Uint8Array,
  { width, height, channel }: ChromaPlane,
  horizontal: number,
  vertical: number,
): Stored {
  const columns = Math.ceil(width / horizontal);
  const rows = Math.ceil(height / vertical);
  const samples = new Uint8Array(columns * rows);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      samples[y * columns + x] = data[
        (y * vertical * width + x * horizontal) * 3 + channel
      ] as number;
  return { columns, rows, samples };
}

/** 3 × this row + the nearer neighbour where rows are doubled; the row itself where not. The border rows are their own neighbours. */
function columnSums(
  { columns, rows, samples }: Stored,
  y: number,
  vertical: number,
  sums: Int32Array,
): void {
  const near = Math.floor(y / vertical);
  if (vertical === 1) {
    for (let x = 0; x < columns; x++) sums[x] = samples[near * columns + x] as number;
    return;
  }
  const far = Math.min(rows - 1, Math.max(0, near + (y % 2 === 0 ? -1 : 1)));
  for (let x = 0; x < columns; x++)
    sums[x] = 3 * (samples[near * columns + x] as number) + (samples[far * columns + x] as number);
}

/** Doubles the columns: left pixel (3 × own + left + `leftBias`) >> shift, right pixel likewise; the outermost take their own alone. */
function widen(
  sums: Int32Array,
  row: Uint8Array,
  leftBias: number,
  rightBias: number,
  shift: number,
): void {
  const last = sums.length - 1;
  const whole = shift === 2;
  for (let x = 0; x < row.length; x++) {
    const own = sums[x >> 1] as number;
    const right = x % 2 === 1;
    const at = (x >> 1) + (right ? 1 : -1);
    if (at < 0 || at > last)
      row[x] = whole ? own : (4 * own + (right ? rightBias : leftBias)) >> shift;
    else row[x] = (3 * own + (sums[at] as number) + (right ? rightBias : leftBias)) >> shift;
  }
}
