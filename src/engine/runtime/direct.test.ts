import { afterAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { EngineError, joinParts } from '../core/index.ts';
import { buildModel, intAttribute, type Model } from '../graph/index.ts';
import { toModelFile, writeBytes, writeModel } from '../onnx/index.ts';
import { dtypeTable, float32Tensor, makeTensor, packedBytes, type DType } from '../tensor/index.ts';
import { crossesRuntime } from './ort-tensors.ts';
import type { RuntimeTensor, SessionOptions } from './port.ts';

const runtime = await createNodeRuntime('wasm', 1);
afterAll(() => runtime.dispose());

const floats = (dims: readonly number[], values: readonly number[]): RuntimeTensor => ({
  dtype: 'float32',
  dims,
  data: new Uint8Array(Float32Array.from(values).buffer),
});
const numbers = (tensor: RuntimeTensor | undefined): number[] =>
  Array.from(new Float32Array(Uint8Array.from(tensor?.data as Uint8Array).buffer));

/** y = x · w + x, x [N, 2]. */
const doubler: Model = buildModel(17, (e) => {
  const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['N', 2] });
  const w = e.addConstant('w', float32Tensor([2, 2], [1, 2, 3, 4]));
  e.addOutput(e.op('Add', [e.op('MatMul', [x, w]), x]));
  e.rename(e.model.graph.outputs[0]!, 'y');
});

const identity = (dtype: DType, dims: readonly (number | string)[]): Model =>
  buildModel(21, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype, dims });
    const y = e.op('Identity', [x]);
    e.setType(y, { kind: 'tensor', dtype, dims });
    e.addOutput(y);
    e.rename(y, 'y');
  });

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return error instanceof EngineError ? error.code : `not an EngineError: ${String(error)}`;
}

describe('a session', () => {
  it('says what goes in and out, runs, and gives outputs the caller owns', async () => {
    const session = await runtime.create(toModelFile(doubler));
    expect(session.inputs).toEqual([{ name: 'x', dtype: 'float32', dims: ['N', 2] }]);
    expect(session.createMs).toBeGreaterThan(0);
    const first = await session.run({ x: floats([1, 2], [10, 20]) });
    const second = await session.run({ x: floats([2, 2], [1, 0, 0, 1]) });
    expect(numbers(first['y'])).toEqual([10 + 60 + 10, 20 + 80 + 20]);
    expect(second['y']?.dims).toEqual([2, 2]);
    expect(numbers(second['y'])).toEqual([2, 2, 3, 5]);
    await session.release();
  });

  it('gives every number it times and reads the outputs it is asked for', async () => {
    const session = await runtime.create(toModelFile(doubler));
    const times = await session.time({ x: floats([1, 2], [1, 2]) }, 4, 3);
    expect(times).toHaveLength(4);
    expect([...times].every((ms) => ms > 0)).toBe(true);
    expect(Object.keys(await session.run({ x: floats([1, 2], [1, 2]) }, ['y']))).toEqual(['y']);
    expect(await codeOf(session.run({ x: floats([1, 2], [1, 2]) }, ['z']))).toBe(
      'runtime/bad-input',
    );
    await session.release();
  });

  it('refuses inputs that do not fit before ONNX Runtime sees them', async () => {
    const session = await runtime.create(toModelFile(doubler));
    const bad = [
      {},
      { x: floats([1, 2], [1, 2]), other: floats([1], [1]) },
      { x: floats([1, 3], [1, 2, 3]) },
      { x: floats([2], [1, 2]) },
      { x: floats([1, 2], [1, 2, 3]) },
      { x: { dtype: 'int32', dims: [1, 2], data: new Uint8Array(8) } as const },
      { x: { dtype: 'float32', dims: [1, -2], data: new Uint8Array(8) } as const },
    ];
    for (const feeds of bad) expect(await codeOf(session.run(feeds))).toBe('runtime/bad-input');
    expect(numbers((await session.run({ x: floats([1, 2], [0, 1]) }))['y'])).toEqual([3, 5]);
    await session.release();
  });

  it('is an error to use after its release', async () => {
    const session = await runtime.create(toModelFile(doubler));
    await session.release();
    await session.release();
    expect(await codeOf(session.run({ x: floats([1, 2], [1, 2]) }))).toBe('runtime/dead');
  });
});

describe('element types', () => {
  const crossing: DType[] = [
    'float32',
    'float64',
    'float16',
    'uint8',
    'int8',
    'uint16',
    'int16',
    'uint32',
    'int32',
    'uint64',
    'int64',
    'bool',
  ];
  it.each(crossing)('%s goes in and comes out bit for bit, from any address', async (dtype) => {
    const bytes = packedBytes(dtype, 6);
    const whole = Uint8Array.from({ length: bytes + 1 }, (_, i) =>
      dtype === 'bool' ? i % 2 : (i * 37 + 1) & 0x3f,
    );
    const session = await runtime.create(toModelFile(identity(dtype, [2, 3])));
    expect(session.outputs).toEqual([{ name: 'y', dtype, dims: [2, 3] }]);
    const data = whole.subarray(1);
    const { y } = await session.run({ x: { dtype, dims: [2, 3], data } });
    expect(y).toEqual({ dtype, dims: [2, 3], data });
    await session.release();
  });

  it('carries strings', async () => {
    const session = await runtime.create(toModelFile(identity('string', [2])));
    const { y } = await session.run({ x: { dtype: 'string', dims: [2], data: ['가', 'b'] } });
    expect(y).toEqual({ dtype: 'string', dims: [2], data: ['가', 'b'] });
    await session.release();
  });

  it('refuses those that JavaScript has no array for', async () => {
    const session = await runtime.create(toModelFile(identity('float32', [2])));
    const data = new Uint8Array(4);
    const feeds = { x: { dtype: 'bfloat16', dims: [2], data } as const };
    expect(await codeOf(session.run(feeds))).toBe('runtime/bad-input');
    expect(
      Object.keys(dtypeTable)
        .filter((dtype) => crossesRuntime(dtype as DType))
        .toSorted(),
    ).toEqual([...crossing, 'string'].toSorted());
    await session.release();
  });
});

describe('failures', () => {
  it('keep the message of ONNX Runtime and do not stop the queue', async () => {
    const broken = runtime.create({ bytes: new Uint8Array([1, 2, 3]) });
    const good = runtime.create(toModelFile(doubler));
    expect(await codeOf(broken)).toBe('runtime/create-failed');
    await expect(broken).rejects.toThrow(/protobuf parsing failed/);
    await (await good).release();
  });

  it('name memory that was not there', async () => {
    const huge = buildModel(17, (e) => {
      const shape = e.addInput('shape', { kind: 'tensor', dtype: 'int64', dims: [2] });
      const y = e.op('ConstantOfShape', [shape]);
      e.setType(y, { kind: 'tensor', dtype: 'float32', dims: [undefined, undefined] });
      e.addOutput(y);
    });
    const session = await runtime.create({ bytes: writeBytes(huge) });
    const data = new Uint8Array(BigInt64Array.of(30_000n, 40_000n).buffer);
    expect(await codeOf(session.run({ shape: { dtype: 'int64', dims: [2], data } }))).toBe(
      'runtime/out-of-memory',
    );
    await session.release();
  });

  it('tell a run that fails in a kernel', async () => {
    const gather = buildModel(17, (e) => {
      const i = e.addInput('i', { kind: 'tensor', dtype: 'int64', dims: [1] });
      const table = e.addConstant('table', float32Tensor([2], [1, 2]));
      const y = e.op('Gather', [table, i]);
      e.setType(y, { kind: 'tensor', dtype: 'float32', dims: [1] });
      e.addOutput(y);
    });
    const session = await runtime.create(toModelFile(gather));
    const data = new Uint8Array(BigInt64Array.of(7n).buffer);
    expect(await codeOf(session.run({ i: { dtype: 'int64', dims: [1], data } }))).toBe(
      'runtime/run-failed',
    );
    await session.release();
  });

  it('end with the runtime', async () => {
    const own = await createNodeRuntime('wasm', 1);
    const session = await own.create(toModelFile(doubler));
    await own.dispose();
    expect(await codeOf(session.run({ x: floats([1, 2], [1, 2]) }))).toBe('runtime/dead');
    expect(await codeOf(own.create(toModelFile(doubler)))).toBe('runtime/dead');
  });
});

describe('external data', () => {
  it('is handed over by path', async () => {
    const written = writeModel(doubler, { external: { path: 'weights.bin', minBytes: 1 } });
    const external = written.external.map(({ path, parts }) => ({ path, bytes: joinParts(parts) }));
    const file = { bytes: joinParts(written.parts), external };
    expect(external.map(({ path, bytes }) => [path, bytes.byteLength >= 16])).toEqual([
      ['weights.bin', true],
    ]);
    const session = await runtime.create(file);
    const { y } = await session.run({ x: floats([1, 2], [0, 1]) });
    expect(numbers(y)).toEqual([3, 5]);
    await session.release();
  });
});

describe('profile', () => {
  it('shows the kernels as they ran, once each, without what the first run cost', async () => {
    const model = buildModel(17, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1, 1, 8, 8] });
      const w = e.addConstant('w', float32Tensor([2, 1, 3, 3], new Float32Array(18).fill(0.5)));
      const conv = e.addNode('Conv', [x, w], { name: 'first "conv"' });
      const relu = e.addNode('Relu', [conv.outputs[0]], { name: 'act' });
      const pool = e.addNode('GlobalAveragePool', [relu.outputs[0]], { name: 'pool\\1' });
      const out = pool.outputs[0]!;
      e.setType(out, { kind: 'tensor', dtype: 'float32', dims: [1, 2, 1, 1] });
      e.addOutput(out);
    });
    const rows = await runtime.profile(toModelFile(model), {
      x: floats(
        [1, 1, 8, 8],
        Array.from({ length: 64 }, () => 1),
      ),
    });
    expect(
      rows.map(({ name, opType, provider, outputShapes }) => ({
        name,
        opType,
        provider,
        outputShapes,
      })),
    ).toEqual([
      {
        name: 'first "conv"',
        opType: 'FusedConv',
        provider: 'CPUExecutionProvider',
        outputShapes: [[1, 2, 6, 6]],
      },
      {
        name: 'pool\\1',
        opType: 'GlobalAveragePool',
        provider: 'CPUExecutionProvider',
        outputShapes: [[1, 2, 1, 1]],
      },
    ]);
    expect(rows.every((row) => row.durationUs >= 0)).toBe(true);
  });

  it('proves what foldDequantize does: an int8 weight is multiplied as float', async () => {
    const model = buildModel(17, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 64] });
      const w = e.addConstant('w', makeTensor('int8', [64, 32], new Uint8Array(64 * 32).fill(3)));
      const scale = e.addConstant('scale', float32Tensor([32], new Float32Array(32).fill(0.5)));
      const zero = e.addConstant('zero', makeTensor('int8', [32], new Uint8Array(32)));
      const real = e.op('DequantizeLinear', [w, scale, zero], { axis: intAttribute(1) });
      const y = e.op('MatMul', [x, real]);
      e.setType(y, { kind: 'tensor', dtype: 'float32', dims: [2, 32] });
      e.addOutput(y);
    });
    const feeds = {
      x: floats(
        [2, 64],
        Array.from({ length: 128 }, (_, i) => i),
      ),
    };
    const kernels = async (options: SessionOptions): Promise<string[]> =>
      (await runtime.profile(toModelFile(model), feeds, options)).map((row) => row.opType);
    expect(await kernels({ foldDequantize: true })).toEqual(['MatMul']);
    expect(await kernels({})).not.toEqual(['MatMul']);
    expect(await kernels({ optimization: 'disabled' })).toEqual(['DequantizeLinear', 'MatMul']);
  });
});
