import type { Dim, Model, Value } from '../graph/index.ts';
import { requiredInputs } from '../graph/index.ts';

/**
 * Concrete sizes for inputs whose dimensions are left open. Every choice is recorded as an assumption, which the user can change
 * by the same key: the dimension's symbol, or `input:axis` where it has none. Dimensions with one symbol get one size.
 *
 *   batch     1     axis 0 of any input; any symbol that is called so
 *   channels  3     the channel axis of an image
 *   side      the image's other, fixed side; 64 where the output is an image too (fully convolutional nets take any
 *             size and small ones are quick); else 224
 *   past      0     tokens seen before (key-value caches)
 *   sequence  8     tokens; short, so that it lies within any table of positions
 *   samples   512   axis 1 of a float matrix: a frame of audio, or features
 *   other     1
 */
export interface DefaultDims {
  /** Dims of every input that has to be fed. Inputs that are no tensors are absent. */
  readonly shapes: ReadonlyMap<Value, readonly number[]>;
  readonly assumptions: readonly DimAssumption[];
  /** Key → size, overrides included: what the user sees and changes. */
  readonly dims: Readonly<Record<string, number>>;
}

export interface DimAssumption {
  readonly key: string;
  readonly size: number;
  readonly kind: DimKind | 'chosen';
  /** `input:axis` of the first place it stands. */
  readonly place: string;
}

export type DimKind = 'batch' | 'channels' | 'side' | 'past' | 'sequence' | 'samples' | 'other';

export function defaultDims(
  model: Model,
  overrides: Readonly<Record<string, number>> = {},
): DefaultDims {
  const shapes = new Map<Value, readonly number[]>();
  const assumed = new Map<string, DimAssumption>();
  for (const input of requiredInputs(model)) {
    const type = input.type;
    if (type?.kind !== 'tensor') continue;
    const dims = type.dims ?? [];
    shapes.set(
      input,
      dims.map((dim, axis) => {
        if (isFixed(dim)) return dim;
        const place = `${input.name}:${axis}`;
        const key = typeof dim === 'string' && dim !== '' ? dim : place;
        const before = assumed.get(key);
        if (before !== undefined) return before.size;
        const chosen = overrides[key] ?? overrides[place];
        const guess = guessDim(model, input, dims, axis);
        const made: DimAssumption =
          chosen === undefined
            ? { key, place, ...guess }
            : { key, place, size: chosen, kind: 'chosen' };
        assumed.set(key, made);
        return made.size;
      }),
    );
  }
  const assumptions = [...assumed.values()];
  return {
    shapes,
    assumptions,
    dims: Object.fromEntries(assumptions.map(({ key, size }) => [key, size])),
  };
}

const isFixed = (dim: Dim): dim is number => typeof dim === 'number' && dim >= 0;

const sizes = {
  batch: 1,
  channels: 3,
  side: 224,
  past: 0,
  sequence: 8,
  samples: 512,
  other: 1,
} as const satisfies Record<DimKind, number>;

function guessDim(
  model: Model,
  input: Value,
  dims: readonly Dim[],
  axis: number,
): { size: number; kind: DimKind } {
  const kind = guessKind(input, dims, axis);
  return { kind, size: kind === 'side' ? guessSide(model, dims) : sizes[kind] };
}

function guessKind(input: Value, dims: readonly Dim[], axis: number): DimKind {
  const dim = dims[axis];
  const symbol = typeof dim === 'string' ? dim.toLowerCase() : '';
  if (/^(n|b|bs)$|^batch/.test(symbol)) return 'batch';
  if (/past|cache/.test(symbol)) return 'past';
  if (/seq|token|len|time|^t$|^s$/.test(symbol)) return 'sequence';
  if (axis === 0 || /batch/.test(symbol)) return 'batch';
  const isFloat = input.type?.kind === 'tensor' && /float/.test(input.type.dtype ?? '');
  if (isFloat && dims.length === 4) return axis === channelAxis(dims) ? 'channels' : 'side';
  if (isFloat && dims.length === 2) return 'samples';
  return dims.length === 2 ? 'sequence' : 'other';
}

/** NHWC only when the last axis is as small as channels are and the second is not. */
function channelAxis(dims: readonly Dim[]): number {
  const small = (dim: Dim): boolean => dim === 1 || dim === 3 || dim === 4;
  return small(dims[3]) && !small(dims[1]) ? 3 : 1;
}

function guessSide(model: Model, dims: readonly Dim[]): number {
  const channels = channelAxis(dims);
  const fixed = dims.find((dim, axis) => axis > 0 && axis !== channels && isFixed(dim));
  if (typeof fixed === 'number') return fixed;
  const imageOut = model.graph.outputs.some(
    (output) => output.type?.kind === 'tensor' && output.type.dims?.length === 4,
  );
  return imageOut ? 64 : sizes.side;
}
