import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { buildModel, type Model } from '../graph/index.ts';
import { toModelFile } from '../onnx/index.ts';
import type { Runtime, RuntimeTensor, Session } from './port.ts';

/** next = sum + x, carried on as sum; and twice that. */
const adder = (width: number): Model =>
  buildModel(17, (edit) => {
    const type = { kind: 'tensor', dtype: 'float32', dims: [width] } as const;
    const x = edit.addInput('x', type);
    const sum = edit.addInput('sum', type);
    const next = edit.op('Add', [sum, x]);
    edit.rename(next, 'next');
    edit.addOutput(next);
    const double = edit.op('Add', [next, next]);
    edit.rename(double, 'double');
    edit.addOutput(double);
  });
const loopOf = (initial: RuntimeTensor) => ({
  pairs: [{ output: 'next', input: 'sum' }],
  initial: { sum: initial },
});
const floats = (values: readonly number[]): RuntimeTensor => ({
  dtype: 'float32',
  dims: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
});
const numbers = (tensor: RuntimeTensor | undefined): number[] =>
  Array.from(new Float32Array(Uint8Array.from(tensor?.data as Uint8Array).buffer));

describe('a carried run', () => {
  let runtime: Runtime;
  let session: Session;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
    session = await runtime.create(toModelFile(adder(2)));
  });
  afterAll(() => runtime.dispose());

  it('feeds the outputs of a step into the next, and gives back what is asked for', async () => {
    const run = await session.carry(loopOf(floats([1, 2])));
    const first = await run.step({ x: floats([10, 20]) }, ['double']);
    expect(Object.keys(first)).toEqual(['double']);
    expect(numbers(first['double'])).toEqual([22, 44]);
    expect(await run.step({ x: floats([1, 1]) }, [])).toEqual({});
    expect(numbers((await run.read())['sum'])).toEqual([12, 23]);
    await run.release();
  });

  it('owns what it was given and gives copies', async () => {
    const initial = floats([1, 2]);
    const run = await session.carry(loopOf(initial));
    (initial.data as Uint8Array).fill(0);
    const before = await run.read();
    Object.values(before).forEach(({ data }) => data instanceof Uint8Array && data.fill(0));
    expect(numbers((await run.read())['sum'])).toEqual([1, 2]);
    const restored = floats([5, 6]);
    await run.write({ sum: restored });
    (restored.data as Uint8Array).fill(0);
    await run.step({ x: floats([1, 1]) }, []);
    expect(numbers((await run.read())['sum'])).toEqual([6, 7]);
    await run.release();
  });

  it('keeps what it carries when a step fails', async () => {
    const run = await session.carry(loopOf(floats([1, 2])));
    await expect(run.step({ x: floats([1, 2, 3]) }, [])).rejects.toMatchObject({
      code: 'runtime/bad-input',
    });
    await expect(run.step({}, [])).rejects.toMatchObject({ code: 'runtime/bad-input' });
    expect(numbers((await run.read())['sum'])).toEqual([1, 2]);
    await run.release();
  });

  it('is one at a time per session, and none after its release', async () => {
    const run = await session.carry(loopOf(floats([1, 2])));
    await expect(session.carry(loopOf(floats([1, 2])))).rejects.toThrow('carries another run');
    await run.release();
    await expect(run.read()).rejects.toMatchObject({ code: 'runtime/dead' });
    const next = await session.carry(loopOf(floats([1, 2])));
    await next.release();
  });

  it('refuses loops that the model does not have', async () => {
    const wrong = { pairs: [{ output: 'next', input: 'y' }], initial: {} };
    await expect(session.carry(wrong)).rejects.toMatchObject({ code: 'runtime/bad-input' });
    const missing = { pairs: [{ output: 'next', input: 'sum' }], initial: {} };
    await expect(session.carry(missing)).rejects.toMatchObject({ code: 'runtime/bad-input' });
  });

  it('takes no more memory after a thousand steps than after the first hundred', async () => {
    const width = 250_000; // 1 MB: a step that leaked its state would take 1 GB
    const large = await runtime.create(toModelFile(adder(width)));
    const state = floats(Array.from({ length: width }, () => 0));
    const run = await large.carry(loopOf(state));
    const x = floats(Array.from({ length: width }, () => 1));
    for (let i = 0; i < 100; i++) await run.step({ x }, []);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 1000; i++) await run.step({ x }, []);
    const growth = process.memoryUsage().rss - before;
    expect(numbers((await run.read())['sum'])[0]).toBe(1100);
    await run.release();
    await large.release();
    expect(growth).toBeLessThan(250e6);
  });
});
