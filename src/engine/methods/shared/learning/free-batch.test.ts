import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../../cli/node-runtime.ts';
import { createRng, quietTask } from '../../../core/index.ts';
import type { Model, Value } from '../../../graph/index.ts';
import type { Runtime } from '../../../runtime/index.ts';
import { float32Tensor, tensorBytes } from '../../../tensor/index.ts';
import type { LearningData } from '../../../train/index.ts';
import { tinyModel, type TinyBuilder } from '../../testing/tiny-models.ts';
import { withFreeBatch } from './free-batch.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const data: LearningData = {
  name: 'noise',
  count: 4,
  labels: undefined,
  image: undefined,
  batch: (indices) => {
    const rows = indices.map((index) => {
      const rng = createRng(index + 1);
      return Array.from({ length: 3 * 4 * 4 }, () => rng.normal());
    });
    const dims = [indices.length, 3, 4, 4];
    const x = {
      dtype: 'float32',
      dims,
      data: tensorBytes(float32Tensor(dims, rows.flat())),
    } as const;
    const labels = {
      dtype: 'int64',
      dims: [indices.length],
      data: new Uint8Array(8 * indices.length),
    } as const;
    return Promise.resolve({ inputs: { x }, labels });
  },
};

const oneAtATime = (head: (b: TinyBuilder, y: Value) => Value, dims: number[]): Model =>
  tinyModel((b) => {
    const y = head(b, b.op('Relu', [b.conv(b.input([1, 3, 4, 4], 'x'), 'conv', 3, 5)]));
    b.e.setType(y, { kind: 'tensor', dtype: 'float32', dims });
    b.output(y);
  }, 18);

const free = (model: Model) => withFreeBatch(model, 1, data, runtime, quietTask);
const firstSizes = ({ graph }: Model) =>
  [...graph.inputs, ...graph.outputs].map(({ type }) =>
    type?.kind === 'tensor' ? type.dims?.[0] : undefined,
  );

describe('a batch that the file fixes', () => {
  it('is opened where nothing else depends on it, as in the heads of detectors', async () => {
    const model = oneAtATime(
      (b, y) => b.op('Reshape', [y, b.integers('shape', [1, 5, -1])]),
      [1, 5, 16],
    );
    const freed = await free(model);
    expect(freed && firstSizes(freed)).toEqual(['batch', 'batch']);
    // The model given is not touched.
    expect(firstSizes(model)).toEqual([1, 1]);
  });

  it.each<[string, Model]>([
    [
      'samples would be mixed',
      oneAtATime(
        (b, y) => b.op('Sub', [y, b.op('ReduceMean', [y, b.integers('axes', [0])])]),
        [1, 5, 4, 4],
      ),
    ],
    [
      'the sizes no longer fit',
      oneAtATime((b, y) => b.op('Reshape', [y, b.integers('shape', [5, 16])]), [5, 16]),
    ],
    [
      'a run fails',
      oneAtATime(
        (b, y) => {
          const flat = b.op('Reshape', [y, b.integers('flat', [80])]);
          return b.op('Reshape', [flat, b.integers('back', [1, 80])]);
        },
        [1, 80],
      ),
    ],
  ])('stays where %s', async (_name, model) => {
    expect(await free(model)).toBeUndefined();
  });
});
