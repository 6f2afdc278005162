import { describe, expect, test } from 'vitest';
import { countNonzero, tensorElements } from '../../analysis/index.ts';
import { edit, type Model, type Value } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import { createRng } from '../../core/index.ts';
import {
  elementCount,
  float32Tensor,
  makeTensor,
  numberToFloat16,
  type Tensor,
} from '../../tensor/index.ts';
import { applyChecked, planOf, refusalOf } from '../testing/method-context.ts';
import { invertedBottlenecks, plainChain, tinyModel } from '../testing/tiny-models.ts';
import { pruneWeights } from './index.ts';

const weightsOf = (model: Model): Map<string, ArrayLike<number>> =>
  new Map(
    model.graph.constants
      .filter((value) => value.name.endsWith('.w'))
      .map((value) => [value.name, tensorElements(value.constant as Tensor) as ArrayLike<number>]),
  );

const valuesOf = (model: Model): number[] =>
  [...weightsOf(model).values()].flatMap((values) => Array.from(values));

describe('unstructured', () => {
  test.each([0, 0.01, 0.37, 0.5, 0.9, 1])(
    'global: exactly round(%f × weights) are zero, and no kept one is smaller than a dropped one',
    async (ratio) => {
      const before = plainChain();
      const { model, planned } = await applyChecked(pruneWeights, before, { ratio });
      const [old, now] = [valuesOf(before), valuesOf(model)];
      const wanted = Math.round(ratio * old.length);
      expect(now.filter((value) => value === 0).length).toBe(wanted);
      expect(planned.summary).toMatchObject({ zeroWeights: wanted, weights: old.length });
      const dropped = old.filter((_, i) => now[i] === 0).map(Math.abs);
      const kept = now.filter((value) => value !== 0).map(Math.abs);
      if (dropped.length > 0 && kept.length > 0)
        expect(Math.max(...dropped)).toBeLessThanOrEqual(Math.min(...kept));
      expect(now.every((value, i) => value === 0 || value === old[i])).toBe(true);
    },
  );

  test('layer: the same share in each layer', async () => {
    const { model } = await applyChecked(pruneWeights, plainChain(), {
      ratio: 0.6,
      scope: 'layer',
    });
    for (const values of weightsOf(model).values())
      expect(Array.from(values).filter((value) => value === 0).length).toBe(
        Math.round(0.6 * values.length),
      );
  });

  test('equal magnitudes: exact count, first ones first', async () => {
    const model = withWeight(plainChain(), 'fc1.w', (dims) =>
      float32Tensor(dims, new Float32Array(elementCount(dims)).fill(-0.25)),
    );
    const keep = ['conv1', 'conv2', 'fc2'];
    const { model: pruned } = await applyChecked(pruneWeights, model, { ratio: 0.3, keep });
    const values = Array.from(weightsOf(pruned).get('fc1.w') ?? []);
    const wanted = Math.round(0.3 * values.length);
    expect(values.map((value) => value === 0)).toEqual(values.map((_, i) => i < wanted));
  });

  test('zeros that were there count first; when they suffice nothing changes', async () => {
    const { model: half } = await applyChecked(pruneWeights, plainChain(), { ratio: 0.5 });
    const { model: same, planned } = await applyChecked(pruneWeights, half, { ratio: 0.4 });
    expect(planned.summary['newZeros']).toBe(0);
    expect(writeBytes(same)).toEqual(writeBytes(half));
    const { model: more } = await applyChecked(pruneWeights, half, { ratio: 0.7 });
    expect(writeBytes(more)).toEqual(
      writeBytes((await applyChecked(pruneWeights, plainChain(), { ratio: 0.7 })).model),
    );
  });

  test('float16 weights: exact count', async () => {
    const rng = createRng(3);
    const model = withWeight(plainChain(), 'fc1.w', (dims) => {
      const halves = Uint16Array.from({ length: elementCount(dims) }, () =>
        numberToFloat16(rng.normal() * 1e-5),
      );
      return makeTensor('float16', dims, new Uint8Array(halves.buffer));
    });
    const { model: pruned } = await applyChecked(pruneWeights, model, {
      ratio: 0.5,
      keep: ['conv1', 'conv2', 'fc2'],
    });
    const [old, now] = [model, pruned].map((each) =>
      Array.from(weightsOf(each).get('fc1.w') ?? []).map(Math.abs),
    );
    expect(now?.filter((value) => value === 0).length).toBe(Math.round((old?.length ?? 0) / 2));
    const sorted = [...(old ?? [])].toSorted((a, b) => a - b);
    expect(Math.min(...(now ?? []).filter((value) => value > 0))).toBeGreaterThanOrEqual(
      sorted[sorted.length / 2 - 1] as number,
    );
  });

  test('NaN and infinity are never the smallest', async () => {
    const model = withWeight(plainChain(), 'fc2.w', (dims) => {
      const values = new Float32Array(elementCount(dims)).fill(1e-3);
      values.set([NaN, Infinity, -Infinity], 5);
      return float32Tensor(dims, values);
    });
    const { model: pruned } = await applyChecked(pruneWeights, model, {
      ratio: 0.95,
      scope: 'layer',
    });
    expect(Array.from(weightsOf(pruned).get('fc2.w') ?? []).slice(5, 8)).toEqual([
      NaN,
      Infinity,
      -Infinity,
    ]);
  });

  test('leaves biases, norms and kept layers as they are, as objects', async () => {
    const before = plainChain();
    const { model, planned } = await applyChecked(pruneWeights, before, {
      ratio: 0.9,
      keep: ['conv1'],
    });
    for (const value of before.graph.constants) {
      const now = model.graph.constants.find(({ name }) => name === value.name);
      const touched = value.name.endsWith('.w') && value.name !== 'conv1.w';
      expect(now?.constant === value.constant).toBe(!touched);
    }
    expect(planned.skipped).toEqual([{ name: 'conv1', opType: 'Conv', reason: 'kept as asked' }]);
  });

  test('same bytes for the same input', async () => {
    const once = await applyChecked(pruneWeights, plainChain(), { ratio: 0.42 });
    const again = await applyChecked(pruneWeights, plainChain(), { ratio: 0.42 });
    expect(writeBytes(again.model)).toEqual(writeBytes(once.model));
  });

  test('the threshold shown lies at most one bin below the smallest kept weight', () => {
    const planned = planOf(pruneWeights, plainChain(), { ratio: 0.5 });
    const sorted = valuesOf(plainChain())
      .map(Math.abs)
      .toSorted((a, b) => a - b);
    const cut = sorted[Math.round(sorted.length / 2) - 1] as number;
    const threshold = planned.summary['threshold'] as number;
    expect(threshold).toBeLessThanOrEqual(cut);
    expect(threshold).toBeGreaterThan(cut * (1 - 2 ** -6));
  });
});

describe('N:M', () => {
  test.each([
    ['2:4', 2, 4],
    ['1:4', 1, 4],
    ['4:8', 4, 8],
  ] as const)(
    '%s: at most %i of every %i along the input channels, the largest ones',
    async (pattern, n, m) => {
      const before = plainChain();
      const { model, planned } = await applyChecked(pruneWeights, before, {
        pattern,
        keep: ['conv1'],
      });
      for (const name of ['conv2.w', 'fc1.w', 'fc2.w']) {
        const dims =
          before.graph.constants.find((value) => value.name === name)?.constant?.dims ?? [];
        const [old, now] = [before, model].map(
          (each) => weightsOf(each).get(name) as ArrayLike<number>,
        );
        if (old === undefined || now === undefined) throw new Error(name);
        const [out = 0, channels = 0] = dims;
        const kernel = elementCount(dims.slice(2));
        for (let o = 0; o < out; o++)
          for (let c = 0; c < channels; c += m)
            for (let k = 0; k < kernel; k++) {
              const at = Array.from({ length: m }, (_, i) => (o * channels + c + i) * kernel + k);
              const kept = at.filter((i) => now[i] !== 0);
              expect(kept.length).toBe(n);
              const largest = at
                .map((i) => Math.abs(old[i] as number))
                .toSorted((a, b) => b - a)
                .slice(0, n);
              expect(kept.map((i) => Math.abs(now[i] as number)).toSorted((a, b) => b - a)).toEqual(
                largest,
              );
            }
      }
      expect(planned.plan.kind).toBe('pattern');
      expect(countNonzero(before) - countNonzero(model)).toBe(planned.summary['newZeros']);
    },
  );

  test('weights that are partly zero: the count is still exact', async () => {
    const { model } = await applyChecked(pruneWeights, plainChain(), { ratio: 0.4 });
    const { planned } = await applyChecked(pruneWeights, model, { pattern: '2:4' });
    expect(planned.summary['newZeros']).toBeGreaterThan(0);
  });

  test('skips layers whose input channels do not divide, among them depthwise ones', () => {
    const { skipped } = planOf(pruneWeights, invertedBottlenecks(), { pattern: '2:4' });
    expect(skipped.map(({ name, reason }) => [name, reason])).toEqual([
      ['stem', 'its 3 input channels are no multiple of 4'],
      ['a.depth', 'its 1 input channels are no multiple of 4'],
      ['b.depth', 'its 1 input channels are no multiple of 4'],
    ]);
  });
});

describe('what it leaves alone', () => {
  const twoConvs = (second: (w: Value) => Value, options: { asInput?: boolean } = {}): Model =>
    tinyModel((b) => {
      const x = b.input([1, 4, 6, 6]);
      const w = b.weight('shared.w', [4, 4, 1, 1]);
      const y = b.op('Conv', [x, w]);
      b.output(b.op('Add', [y, second(w)]));
      b.output(b.op('Conv', [x, b.weight('own.w', [2, 4, 1, 1])]));
      if (options.asInput === true) (b.e.model.graph.inputs as Value[]).push(w);
    });

  test('a weight shared by layers of the same kind is pruned once', async () => {
    const model = tinyModel((b) => {
      const x = b.input([1, 4, 6, 6]);
      const w = b.weight('shared.w', [4, 4, 1, 1]);
      b.output(b.op('Conv', [b.op('Relu', [b.op('Conv', [x, w])]), w]));
    });
    const { planned } = await applyChecked(pruneWeights, model, { ratio: 0.5 });
    expect(planned.summary).toMatchObject({ weights: 16, zeroWeights: 8, layers: 1 });
  });

  test('a weight that another operator reads as well', () => {
    let model = twoConvs((w) => w);
    model = edit(model, () => undefined);
    const { skipped } = planOf(pruneWeights, model, {});
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'its weight is also read by another kind of operator',
    ]);
  });

  test('a weight that the caller may override; before IR version 4 every weight was listed so', () => {
    const model = twoConvs((w) => w, { asInput: true });
    expect(planOf(pruneWeights, model, {}).skipped[0]?.reason).toBe(
      'its weight is a graph input that the caller may override',
    );
    expect(planOf(pruneWeights, { ...model, irVersion: 3 }, {}).skipped[0]?.reason).not.toContain(
      'override',
    );
  });

  test('quantized weights, with a refusal when nothing is left', () => {
    const model = withWeight(
      tinyModel((b) => b.output(b.op('MatMul', [b.input([1, 4]), b.weight('fc.w', [4, 4])]))),
      'fc.w',
      (dims) => makeTensor('float64', dims, new Uint8Array(elementCount(dims) * 8)),
    );
    const error = refusalOf(pruneWeights, model, {});
    expect(error.detail).toContain('its weights are float64');
  });

  test('a model without weights', () => {
    const model = tinyModel((b) => b.output(b.op('Relu', [b.input([1, 4])])));
    expect(refusalOf(pruneWeights, model, {}).detail).toBe(
      'no layer can be pruned: there are none',
    );
  });
});

function withWeight(model: Model, name: string, make: (dims: readonly number[]) => Tensor): Model {
  const value = model.graph.constants.find((constant) => constant.name === name) as Value;
  return edit(model, (e) => e.setConstant(value, make(value.constant?.dims ?? [])));
}
