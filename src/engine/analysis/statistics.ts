import type { Model, Value } from '../graph/index.ts';
import { elementCount, float16ToFloat32Bits, tensorBytes, type Tensor } from '../tensor/index.ts';
import { alignedBytes, tensorElements } from './elements.ts';
import { weightSites, type WeightSite } from './weight-sites.ts';

/**
 * Facts about weights that do not change while sliders move, computed when first asked for and kept with the tensor itself, so
 * that variants which share a tensor share its facts. float32 and float16 are read as bit patterns: without its sign
 * a pattern orders like the magnitude it stands for, and its upper 16 bits are the bin. One pass gives histogram and count of
 * non-zeros (25 M float32: ≤ 150 ms).
 */
export interface WeightStatistics {
  /**
   * Weights that methods may change: constants read directly as the weight of Conv, ConvTranspose, Gemm, MatMul, LSTM, GRU and RNN, with
   * the reading node. Embeddings (Gather) are not among them.
   */
  readonly weights: readonly WeightSite[];
  /** Histogram of |w| by the upper 16 bits of its float32 pattern: 32,768 bins; for thresholds and exact counts. */
  magnitudeHistogram(value: Value): Uint32Array;
  /** Number of non-zero elements of any constant. -0 is zero, NaN is not. */
  nonzero(value: Value): number;
  /** [min, max], NaN left out; [Infinity, -Infinity] when there is no number. */
  range(value: Value): readonly [number, number];
  /** L1 and L2 norm of each slice along `axis`. */
  norms(value: Value, axis: number): SliceNorms;
}

export interface SliceNorms {
  readonly l1: Float64Array;
  readonly l2: Float64Array;
}

export function createStatistics(model: Model): WeightStatistics {
  let weights: readonly WeightSite[] | undefined;
  return {
    get weights() {
      weights ??= weightSites(model).filter((site) => site.kind !== 'embedding');
      return weights;
    },
    magnitudeHistogram: (value) => magnitudesOf(tensorOf(value)).histogram,
    nonzero: (value) => nonzeroElements(tensorOf(value)),
    range: (value) => {
      const facts = factsOf(tensorOf(value));
      facts.range ??= computeRange(numbersOf(tensorOf(value)));
      return facts.range;
    },
    norms: (value, axis) => {
      const facts = factsOf(tensorOf(value));
      let norms = facts.norms.get(axis);
      if (norms === undefined) {
        norms = computeNorms(numbersOf(tensorOf(value)), tensorOf(value).dims, axis);
        facts.norms.set(axis, norms);
      }
      return norms;
    },
  };
}

/** Non-zero elements of a tensor; every element of a type whose bits are only carried counts. Cached. */
export function nonzeroElements(tensor: Tensor): number {
  const facts = factsOf(tensor);
  if (facts.nonzero === undefined) {
    if (tensor.dtype === 'float32' || tensor.dtype === 'float16')
      facts.nonzero = magnitudesOf(tensor).nonzero;
    else facts.nonzero = countNonzero(tensorElements(tensor), elementCount(tensor.dims));
  }
  return facts.nonzero;
}

interface Facts {
  magnitudes: Magnitudes | undefined;
  nonzero: number | undefined;
  range: readonly [number, number] | undefined;
  readonly norms: Map<number, SliceNorms>;
}

const known = new WeakMap<Tensor, Facts>();

function factsOf(tensor: Tensor): Facts {
  let facts = known.get(tensor);
  if (facts === undefined) {
    facts = { magnitudes: undefined, nonzero: undefined, range: undefined, norms: new Map() };
    known.set(tensor, facts);
  }
  return facts;
}

function tensorOf(value: Value): Tensor {
  if (value.constant === undefined) throw new TypeError(`"${value.name}" is not a constant`);
  return value.constant;
}

function numbersOf(tensor: Tensor): ArrayLike<number> {
  const numbers = tensorElements(tensor);
  if (numbers === undefined)
    throw new TypeError(`${tensor.dtype} elements cannot be read as numbers`);
  return numbers;
}

interface Magnitudes {
  readonly histogram: Uint32Array;
  readonly nonzero: number;
}

const bins = 32_768;

function magnitudesOf(tensor: Tensor): Magnitudes {
  const facts = factsOf(tensor);
  facts.magnitudes ??=
    tensor.dtype === 'float16' ? halfMagnitudes(tensor) : wordMagnitudes(float32Patterns(tensor));
  return facts.magnitudes;
}

function float32Patterns(tensor: Tensor): Uint32Array {
  const count = elementCount(tensor.dims);
  if (tensor.dtype === 'float32') {
    const bytes = alignedBytes(tensorBytes(tensor), 4);
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  }
  return new Uint32Array(Float32Array.from(numbersOf(tensor)).buffer);
}

/**
 * Two histograms of the signed upper halves, filled in turn (neighbouring weights often share a bin, and a counter that is read back
 * at once stalls), folded over the sign. Zero and the smallest denormals share bin 0; only if it is filled are
 * zeros counted apart.
 */
function wordMagnitudes(patterns: Uint32Array): Magnitudes {
  const even = new Uint32Array(2 * bins);
  const odd = new Uint32Array(2 * bins);
  for (let i = 1; i < patterns.length; i += 2) {
    const a = (patterns[i - 1] as number) >>> 16;
    const b = (patterns[i] as number) >>> 16;
    even[a] = (even[a] as number) + 1;
    odd[b] = (odd[b] as number) + 1;
  }
  if (patterns.length % 2 === 1) {
    const last = (patterns.at(-1) as number) >>> 16;
    even[last] = (even[last] as number) + 1;
  }
  const histogram = new Uint32Array(bins);
  for (let bin = 0; bin < bins; bin++)
    histogram[bin] =
      (even[bin] as number) +
      (even[bin + bins] as number) +
      (odd[bin] as number) +
      (odd[bin + bins] as number);
  return { histogram, nonzero: patterns.length - (histogram[0] === 0 ? 0 : countZeros(patterns)) };
}

/** Shifting the sign out leaves 0 only for ±0. */
function countZeros(patterns: Uint32Array): number {
  let zeros = 0;
  for (let i = 0; i < patterns.length; i++) if ((patterns[i] as number) << 1 === 0) zeros++;
  return zeros;
}

/** Counts the 65,536 possible patterns first; only those are widened to float32. */
function halfMagnitudes(tensor: Tensor): Magnitudes {
  const bytes = alignedBytes(tensorBytes(tensor), 2);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, elementCount(tensor.dims));
  const counts = new Uint32Array(bins);
  for (let i = 0; i < halves.length; i++) {
    const magnitude = (halves[i] as number) & 0x7fff;
    counts[magnitude] = (counts[magnitude] as number) + 1;
  }
  const histogram = new Uint32Array(bins);
  for (let half = 0; half < bins; half++) {
    const bin = float16ToFloat32Bits(half) >>> 16;
    histogram[bin] = (histogram[bin] as number) + (counts[half] as number);
  }
  return { histogram, nonzero: halves.length - (counts[0] as number) };
}

function countNonzero(elements: ArrayLike<number> | undefined, count: number): number {
  if (elements === undefined) return count;
  let nonzero = 0;
  for (let i = 0; i < elements.length; i++) if (elements[i] !== 0) nonzero++;
  return nonzero;
}

function computeRange(elements: ArrayLike<number>): readonly [number, number] {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i] as number;
    if (element < min) min = element;
    if (element > max) max = element;
  }
  return [min, max];
}

/** Row-major: element (o, a, i) lies at (o · dims[axis] + a) · inner + i. Sums in double precision, in the order of the elements. */
function computeNorms(
  elements: ArrayLike<number>,
  dims: readonly number[],
  axis: number,
): SliceNorms {
  const slices = dims[axis];
  if (slices === undefined) throw new RangeError(`axis ${axis} of [${dims.join(', ')}]`);
  const inner = elementCount(dims.slice(axis + 1));
  const outer = elementCount(dims.slice(0, axis));
  const l1 = new Float64Array(slices);
  const l2 = new Float64Array(slices);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let slice = 0; slice < slices; slice++) {
      let sum = 0;
      let squares = 0;
      for (const end = at + inner; at < end; at++) {
        const element = elements[at] as number;
        sum += Math.abs(element);
        squares += element * element;
      }
      l1[slice] = (l1[slice] as number) + sum;
      l2[slice] = (l2[slice] as number) + squares;
    }
  }
  for (let slice = 0; slice < slices; slice++) l2[slice] = Math.sqrt(l2[slice] as number);
  return { l1, l2 };
}
