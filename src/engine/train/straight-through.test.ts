import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { buildModel, edit } from '../graph/index.ts';
import { toModelFile } from '../onnx/index.ts';
import { raiseOpset } from '../passes/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import { differentiate } from './differentiate.ts';
import { straightThrough } from './straight-through.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const values = (...numbers: number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(numbers).buffer);

/** y = clip(w, -1, 1) outside, round(w) inside. */
const rounded = (opset: number) =>
  buildModel(opset, (e) => {
    const w = e.addInput('w', { kind: 'tensor', dtype: 'float32', dims: [4] });
    const bound = (name: string, value: number) => e.addConstant(name, float32Tensor([], [value]));
    const clipped = e.op('Clip', [w, bound('low', -1), bound('high', 1)]);
    e.addOutput(straightThrough(e, clipped, e.op('Round', [clipped])));
  });

async function run(model: ReturnType<typeof rounded>) {
  const session = await runtime.create(toModelFile(model));
  const feeds = { w: { dtype: 'float32' as const, dims: [4], data: values(0.4, -0.7, 1.4, -3) } };
  const results = await session.run(feeds);
  await session.release();
  return Object.values(results).map((tensor) =>
    Array.from(new Float32Array((tensor.data as Uint8Array).slice().buffer)),
  );
}

describe('straightThrough', () => {
  it.each([13, 18, 21])('shows the rounded value in opset %i', async (opset) => {
    expect(await run(rounded(opset))).toEqual([[0, -1, 1, -1]]);
  });

  it('still runs when the opset around it is raised', async () => {
    const raised = edit(rounded(13), (e) => raiseOpset(e, 18));
    expect(raised.opsets.get('')).toBe(18);
    expect(await run(raised)).toEqual([[0, -1, 1, -1]]);
  });

  it('passes the gradient to what was rounded, and stops it where a Clip before did', async () => {
    const trained = edit(rounded(18), (e) => {
      const [w] = e.model.graph.inputs;
      const [y] = e.model.graph.outputs;
      const seed = e.addConstant('dy', float32Tensor([4], [1, 2, 3, 4]));
      const gradients = differentiate(e, {
        nodes: [...e.model.graph.nodes],
        seeds: [{ of: y!, gradient: seed }],
        wanted: [w!],
        dims: () => [4],
        saved: () => undefined,
      });
      e.setOutputs([gradients.get(w!)!]);
    });
    expect(await run(trained)).toEqual([[1, 2, 0, 0]]);
  });
});
