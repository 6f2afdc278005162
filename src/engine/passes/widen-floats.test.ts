import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { buildModel, intAttribute, type Model } from '../graph/index.ts';
import { numbersOf, runModel } from '../methods/testing/expect-same-function.ts';
import type { Runtime, RuntimeTensor } from '../runtime/index.ts';
import { makeTensor, numberToFloat16, typedView, type Tensor } from '../tensor/index.ts';
import { holdsHalfFloats, widenFloats } from './widen-floats.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const halves = (values: readonly number[]): Tensor =>
  makeTensor(
    'float16',
    [values.length],
    new Uint8Array(Uint16Array.from(values, numberToFloat16).buffer),
  );

/** y = float32(half(x) · w + fill) with w and the fill in half precision. */
const halfModel = (): Model =>
  buildModel(18, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float16', dims: [3] });
    const w = e.addConstant('w', halves([0.5, -2, 3]));
    const fill = e.op('ConstantOfShape', [e.op('Shape', [x])], {
      value: { kind: 'tensor', value: halves([1.25]) },
    });
    const again = e.op('Cast', [e.op('Mul', [x, w])], { to: intAttribute(10) });
    e.addOutput(e.op('Cast', [e.op('Add', [again, fill])], { to: intAttribute(1) }));
  });

const feed = (dtype: 'float16' | 'float32', values: readonly number[]) => ({
  x: {
    dtype,
    dims: [values.length],
    data: new Uint8Array(
      (dtype === 'float16' ? Uint16Array.from(values, numberToFloat16) : Float32Array.from(values))
        .buffer,
    ),
  },
});

test('a widened model computes the same where halves are exact, and takes float32', async () => {
  const half = halfModel();
  const wide = widenFloats(half);
  expect(holdsHalfFloats(half)).toBe(true);
  expect(holdsHalfFloats(wide)).toBe(false);
  const values = [1, 2.5, -0.75];
  const [before] = Object.values(await runModel(half, runtime, feed('float16', values)));
  const [after] = Object.values(await runModel(wide, runtime, feed('float32', values)));
  expect(after).toEqual(before);
  expect(Array.from(numbersOf(after as RuntimeTensor))).toEqual([1.75, -3.75, -1]);
});

test('constants are exactly their halves', () => {
  const wide = widenFloats(halfModel());
  const w = wide.graph.constants.find(({ name }) => name === 'w')?.constant;
  expect(w?.dtype).toBe('float32');
  expect([...(typedView(w as Tensor) as Float32Array)]).toEqual([0.5, -2, 3]);
});

test('a float32 model is returned as it is', () => {
  const wide = widenFloats(halfModel());
  expect(widenFloats(wide)).toBe(wide);
});
