import { describe, expect, it } from 'vitest';
import {
  buildModel,
  EngineError,
  float32Tensor,
  toModelFile,
  type Feeds,
  type Runtime,
} from '../engine/index.ts';
import { createNodeRuntime, withNodeRuntime } from './node-runtime.ts';

const size = 64;
const values = Float32Array.from({ length: size * size }, (_, i) => ((i * 37) % 101) / 50 - 1);
const file = toModelFile(
  buildModel(17, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [size, size] });
    const [y] = e.addNode('MatMul', [x, e.addConstant('w', float32Tensor([size, size], values))], {
      name: 'product',
      outputs: ['y'],
    }).outputs;
    e.setType(y!, { kind: 'tensor', dtype: 'float32', dims: [size, size] });
    e.addOutput(y!);
  }),
);
const feeds: Feeds = {
  x: { dtype: 'float32', dims: [size, size], data: new Uint8Array(values.buffer) },
};

const product = async (runtime: Runtime): Promise<Float32Array> => {
  const session = await runtime.create(file);
  const { y } = await session.run(feeds);
  await session.release();
  return new Float32Array(Uint8Array.from(y?.data as Uint8Array).buffer);
};

describe('ONNX Runtime in Node', () => {
  it('computes the same with one and with two threads, each in an instance of its own', async () => {
    const one = await withNodeRuntime(product);
    const two = await withNodeRuntime(product, 'wasm', 2);
    const again = await withNodeRuntime(product, 'wasm', 1);
    let expected = 0;
    for (let k = 0; k < size; k++) expected += values[k]! * values[k * size]!;
    expect(one[0]).toBeCloseTo(expected, 3);
    expect(two).toEqual(one);
    expect(again).toEqual(one);
  });

  it.each([1, 2])('reads the profile with %i threads and prints nothing of it', async (threads) => {
    const rows = await withNodeRuntime((runtime) => runtime.profile(file, feeds), 'wasm', threads);
    expect(rows.map(({ name, opType }) => [name, opType])).toEqual([['product', 'MatMul']]);
  });

  it('says what it has and what it takes', async () => {
    const runtime = await createNodeRuntime('wasm', 2);
    expect([runtime.backend, runtime.threads, runtime.coarseClock]).toEqual(['wasm', 2, false]);
    await runtime.dispose();
    const refused = await createNodeRuntime('wasm', 0).catch((error: unknown) => error);
    expect((refused as EngineError).code).toBe('argument/invalid');
  });

  it('runs natively where onnxruntime-node is installed, and says how to get it where not', async () => {
    const outcome = await withNodeRuntime(product, 'native').catch((error: unknown) => error);
    if (outcome instanceof Float32Array) {
      const wasm = await withNodeRuntime(product);
      expect(Math.max(...wasm.map((value, i) => Math.abs(value - outcome[i]!)))).toBeLessThan(1e-3);
    } else {
      expect(outcome).toBeInstanceOf(EngineError);
      expect((outcome as EngineError).code).toBe('runtime/unavailable');
      expect((outcome as EngineError).hint).toContain('npm run test:native');
    }
  });
});
