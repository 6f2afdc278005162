import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { intAttribute } from '../../graph/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { makeTensor } from '../../tensor/index.ts';
import { floats, fromFloats } from '../testing/float-tensors.ts';
import { outputAndGradients, type GradientCase } from '../testing/gradient-case.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

/** x [1, C, L] to int8 codes and back, with a scale and a zero point per channel; both are variables. */
const rounded = (channels: number, length: number, zeros: readonly number[]): GradientCase => ({
  name: 'rounded',
  variables: { x: [1, channels, length], scale: [channels] },
  build: (e, [x, scale]) => {
    const bytes = Uint8Array.from(zeros, (zero) => zero & 255);
    const zero = e.addConstant('zero', makeTensor('int8', [channels], bytes));
    const axis = { axis: intAttribute(1) };
    return e.op(
      'DequantizeLinear',
      [e.op('QuantizeLinear', [x, scale, zero], axis), scale, zero],
      axis,
    );
  },
});

describe('rounding to int8 codes', () => {
  const xs = [0.3, 1.26, -64.4, 80, -0.9, 0.12, 63.49, -70, 2.2, 12.6, 12.9, -13.1];
  const scales = [0.5, 0.1];
  const zeros = [0, 2];
  const seed = [1, 2, -3, 4, 0.5, -1, 2, 3, 1, -2, 5, 6];

  /** Esser et al. 2020, eq. 3, written out for every element: limits and codes in integers. */
  const expected = () => {
    const dx: number[] = [];
    const ds = [0, 0];
    const y = xs.map((x, i) => {
      const c = i < 6 ? 0 : 1;
      const [s, z, dy] = [scales[c] as number, zeros[c] as number, seed[i] as number];
      const code = Math.round(x / s) + z;
      const kept = code >= -128 && code <= 127;
      const level = Math.min(127, Math.max(-128, code)) - z;
      dx.push(kept ? dy : 0);
      ds[c] = (ds[c] as number) + dy * (kept ? level - x / s : level);
      return level * s;
    });
    return { y, dx, ds };
  };

  test('passes where nothing was clamped, and moves the scale as learned step sizes do', async () => {
    const feeds = {
      x: fromFloats([1, 2, 6], Float32Array.from(xs)),
      scale: fromFloats([2], Float32Array.from(scales)),
    };
    const { output, gradients } = await outputAndGradients(
      runtime,
      rounded(2, 6, zeros),
      feeds,
      fromFloats([1, 2, 6], Float32Array.from(seed)),
    );
    const { y, dx, ds } = expected();
    // Some of either kind, or the test would show nothing.
    expect(dx.filter((value) => value === 0).length).toBeGreaterThan(2);
    expect(dx.filter((value) => value !== 0).length).toBeGreaterThan(2);
    const close = (actual: Float32Array, wanted: readonly number[]) => {
      expect(actual).toHaveLength(wanted.length);
      wanted.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 3));
    };
    close(floats(output), y);
    close(floats(gradients['x']), dx);
    close(floats(gradients['scale']), ds);
  });
});
