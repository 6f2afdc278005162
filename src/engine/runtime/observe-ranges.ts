import { throwIfAborted, type Task } from '../core/index.ts';
import { intAttribute, type Model, type ModelEdit, type Value } from '../graph/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from './port.ts';
import {
  appendNode,
  buildProbe,
  float32Code,
  hasOtherFloats,
  needsCast,
  type ProbeOutput,
} from './probe.ts';

/** Smallest and largest element a value had over all batches. */
export interface ObservedRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Calibration ranges: ReduceMin and ReduceMax are appended to every observed value, so that two numbers come back instead of the
 * activation. Both reduce over all axes when none are named, in every opset (axes moved from attribute to input in 18).
 * `values` are values of the main graph that hold numbers. An empty `batches` gives an empty map.
 */
export async function observeRanges(
  model: Model,
  runtime: Runtime,
  values: readonly Value[],
  batches: AsyncIterable<Feeds>,
  task: Task,
): Promise<Map<Value, ObservedRange>> {
  const ranges = new Map<Value, ObservedRange>();
  if (values.length === 0) return ranges;
  const probe = buildProbe(model, (change) => {
    const other = hasOtherFloats(model);
    return values.flatMap((value, i) =>
      extremes(change, asFloat32(change, value, other, `float/${i}`), i),
    );
  });
  const session = await runtime.create(probe.file);
  try {
    let done = 0;
    for await (const feeds of batches) {
      throwIfAborted(task.signal, 'calibration');
      const result = await session.run(feeds, probe.names);
      values.forEach((value, i) => {
        const min = scalar(result[probe.names[2 * i] ?? '']);
        const max = scalar(result[probe.names[2 * i + 1] ?? '']);
        const before = ranges.get(value);
        ranges.set(value, {
          min: Math.min(min, before?.min ?? min),
          max: Math.max(max, before?.max ?? max),
        });
      });
      done++;
      task.report({ phase: 'calibrating', done, total: 0 });
      await task.breathe();
    }
  } finally {
    await session.release();
  }
  return ranges;
}

function extremes(change: ModelEdit, value: Value, i: number): ProbeOutput[] {
  const attributes = { keepdims: intAttribute(0) };
  return [
    { value: appendNode(change, 'ReduceMin', value, `min/${i}`, attributes), dtype: 'float32' },
    { value: appendNode(change, 'ReduceMax', value, `max/${i}`, attributes), dtype: 'float32' },
  ];
}

/** `value` itself when it is float32, else what a Cast makes of it. */
export function asFloat32(
  change: ModelEdit,
  value: Value,
  modelHasOtherFloats: boolean,
  label: string,
): Value {
  if (!needsCast(value, modelHasOtherFloats)) return value;
  return appendNode(change, 'Cast', value, label, { to: intAttribute(float32Code) });
}

function scalar(tensor: RuntimeTensor | undefined): number {
  const bytes = tensor?.data;
  if (!(bytes instanceof Uint8Array) || bytes.byteLength !== 4)
    throw new Error('a reduction to one number gave something else');
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
}
