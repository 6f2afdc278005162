import { gunzipSync, gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { createRng, memorySource, type Part, type Task } from '../core/index.ts';
import { buildModel } from '../graph/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import { gzipBytes, measureSize } from './size.ts';

const bytes = (length: number): Uint8Array<ArrayBuffer> => {
  const rng = createRng(2);
  return Uint8Array.from({ length }, () => rng.integer(12));
};

describe('gzipBytes', () => {
  it('is the size of a gzip file of the same bytes, however they are cut', async () => {
    const all = bytes(700_000);
    const source = memorySource(all);
    const parts: Part[] = [
      all.subarray(0, 10),
      { source, offset: 10, length: 600_000 },
      all.subarray(600_010),
    ];
    const expected = gzipSync(all, { level: 6, mtime: 0 }).length;
    const actual = await gzipBytes(parts);
    expect(Math.abs(actual - expected) / expected).toBeLessThan(0.001);
    expect(gunzipSync(gzipSync(all))).toEqual(all);
    expect(await gzipBytes([])).toBe(20);
  });

  it('lets others run and can be stopped', async () => {
    let breaths = 0;
    const task: Task = {
      signal: undefined,
      report: () => undefined,
      breathe: () => (++breaths > 2 ? Promise.reject(new Error('stop')) : Promise.resolve()),
    };
    await expect(gzipBytes([bytes(2_000_000)], task)).rejects.toThrow('stop');
    expect(breaths).toBe(3);
  });
});

describe('measureSize', () => {
  it('counts bytes, parameters and zeros', () => {
    const model = buildModel(21, (edit) => {
      const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1, 3] });
      const w = edit.addConstant('w', float32Tensor([3, 2], [1, 0, 2, 0, 0, 3]));
      edit.addOutput(edit.op('MatMul', [x, w]));
    });
    expect(measureSize(model, 123, 6)).toEqual({
      sizeBytes: 123,
      gzipBytes: undefined,
      params: 6,
      nonzeroParams: 3,
      macs: 6,
    });
  });
});
