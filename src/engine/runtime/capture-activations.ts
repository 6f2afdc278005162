import type { Model, Value } from '../graph/index.ts';
import { asFloat32 } from './observe-ranges.ts';
import type { Feeds, Runtime } from './port.ts';
import { appendNode, buildProbe, hasOtherFloats } from './probe.ts';

/** One value as it was in one run, as float32 whatever its type in the model. */
export interface Activation {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Gives back a capture; ends its session. */
export interface ActivationCapture {
  /** One run; every captured value in full. Memory: the sum of their sizes. */
  run(feeds: Feeds): Promise<Map<Value, Activation>>;
  release(): Promise<void>;
}

/**
 * A session that hands out `values` (of the main graph) instead of the model's outputs. The caller limits memory by asking for
 * few values at a time. An Identity stands between, so that a graph input or a value named twice can be captured as well.
 */
export async function captureActivations(
  model: Model,
  runtime: Runtime,
  values: readonly Value[],
): Promise<ActivationCapture> {
  const other = hasOtherFloats(model);
  const probe = buildProbe(model, (change) =>
    values.map((value, i) => ({
      value: appendNode(
        change,
        'Identity',
        asFloat32(change, value, other, `float/${i}`),
        `value/${i}`,
      ),
      dtype: 'float32',
    })),
  );
  const session = await runtime.create(probe.file);
  return {
    run: async (feeds) => {
      const result = await session.run(feeds, probe.names);
      const captured = new Map<Value, Activation>();
      values.forEach((value, i) => {
        const tensor = result[probe.names[i] ?? ''];
        if (tensor === undefined || !(tensor.data instanceof Uint8Array)) return;
        const bytes = tensor.data.byteOffset % 4 === 0 ? tensor.data : tensor.data.slice();
        captured.set(value, {
          dims: tensor.dims,
          data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4),
        });
      });
      return captured;
    },
    release: () => session.release(),
  };
}
