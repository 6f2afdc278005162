import { expect } from 'vitest';
import type { Model } from '../../graph/index.ts';
import { toModelFile } from '../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from '../../runtime/index.ts';
import { float16ToNumber } from '../../tensor/index.ts';

export interface SameFunction {
  readonly runtime: Runtime;
  readonly feeds: Feeds;
  /** Largest allowed difference between two elements, relative to the largest magnitude of the output. No default on purpose. */
  readonly tolerance: number;
}

/** Both models, run on the same feeds, give outputs of the same names, shapes and, within the tolerance, numbers. */
export async function expectSameFunction(a: Model, b: Model, options: SameFunction): Promise<void> {
  const difference = await largestDifference(a, b, options);
  expect(difference).toBeLessThanOrEqual(options.tolerance);
}

/** The negative control: the same comparison must see a difference. */
export async function expectOtherFunction(
  a: Model,
  b: Model,
  options: SameFunction,
): Promise<void> {
  const difference = await largestDifference(a, b, options);
  expect(difference).toBeGreaterThan(options.tolerance);
}

/** Relative to the largest magnitude of each output; Infinity where a NaN stands on one side only. */
export async function largestDifference(
  a: Model,
  b: Model,
  { runtime, feeds }: Pick<SameFunction, 'runtime' | 'feeds'>,
): Promise<number> {
  const [left, right] = [await runModel(a, runtime, feeds), await runModel(b, runtime, feeds)];
  expect(Object.keys(right).toSorted()).toEqual(Object.keys(left).toSorted());
  let worst = 0;
  for (const [name, tensor] of Object.entries(left)) {
    const other = right[name] as RuntimeTensor;
    expect(other.dims, name).toEqual(tensor.dims);
    worst = Math.max(worst, relativeDifference(numbersOf(tensor), numbersOf(other)));
  }
  return worst;
}

export async function runModel(
  model: Model,
  runtime: Runtime,
  feeds: Feeds,
): Promise<Record<string, RuntimeTensor>> {
  const session = await runtime.create(toModelFile(model));
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const [left, right] = [a[i] as number, b[i] as number];
    if (Number.isNaN(left) !== Number.isNaN(right)) return Infinity;
    if (Number.isNaN(left) || left === right) continue;
    scale = Math.max(scale, Math.abs(left));
    worst = Math.max(worst, Math.abs(left - right));
  }
  return worst === 0 ? 0 : worst / scale;
}

export function numbersOf({ dtype, data }: RuntimeTensor): ArrayLike<number> {
  if (!(data instanceof Uint8Array)) throw new TypeError('strings are no numbers');
  const bytes = new Uint8Array(data);
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer);
    case 'float16':
      return Array.from(new Uint16Array(bytes.buffer), float16ToNumber);
    case 'int64':
      return Array.from(new BigInt64Array(bytes.buffer), Number);
    case 'int32':
      return new Int32Array(bytes.buffer);
    case 'uint8':
    case 'bool':
      return bytes;
    default:
      throw new TypeError(`outputs of ${dtype} are not compared`);
  }
}
