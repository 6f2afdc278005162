import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { createRng } from '../../core/index.ts';
import { buildModel, edit, intAttribute, type Value } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { floats, fromFloats } from '../testing/float-tensors.ts';
import { crossEntropy } from './cross-entropy.ts';

const rows = 4;
const classes = 3;
const labels = [2, 0, 1, 1];
const rng = createRng(11);
const logits = Float32Array.from({ length: rows * classes }, () => 2 * rng.normal());

/** Written out sample by sample in double precision. */
function expected(smoothing: number): { loss: number; gradient: number[]; correct: number } {
  let loss = 0;
  let correct = 0;
  const gradient: number[] = [];
  labels.forEach((label, row) => {
    const z = Array.from(logits.subarray(row * classes, (row + 1) * classes));
    const total = z.reduce((sum, value) => sum + Math.exp(value), 0);
    z.forEach((value, k) => {
      const target = (k === label ? 1 - smoothing : 0) + smoothing / classes;
      loss -= (target * (value - Math.log(total))) / rows;
      gradient.push((Math.exp(value) / total - target) / rows);
    });
    if (z.indexOf(Math.max(...z)) === label) correct++;
  });
  return { loss, gradient, correct };
}

describe('crossEntropy', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  it.each([
    [0, false],
    [0.1, false],
    [0.1, true],
  ])('smoothing %f, network ends in Softmax: %s', async (smoothing, endsInSoftmax) => {
    const network = buildModel(18, (change) => {
      const z = change.addInput('z', { kind: 'tensor', dtype: 'float32', dims: ['batch', 3] });
      const scaled = change.op('Identity', [z]);
      change.addOutput(
        endsInSoftmax ? change.op('Softmax', [scaled], { axis: intAttribute(1) }) : scaled,
      );
    });
    const model = edit(network, (change) => {
      const built = crossEntropy({ smoothing }).build({
        edit: change,
        outputs: change.model.graph.outputs,
        dims: () => [rows, classes],
      });
      const gradient = built.gradients[0]?.gradient as Value;
      const correct = built.metrics.get('correct') as Value;
      const names = ['loss', 'gradient', 'correct'];
      [built.loss, gradient, correct].forEach((value, i) =>
        change.rename(value, names[i] as string),
      );
      change.setOutputs([built.loss, gradient, correct]);
      change.removeDead();
    });
    const session = await runtime.create({ bytes: writeBytes(model) });
    const results = await session.run({
      z: fromFloats([rows, classes], logits),
      labels: {
        dtype: 'int64',
        dims: [rows],
        data: new Uint8Array(BigInt64Array.from(labels, BigInt).buffer),
      },
    });
    await session.release();
    const wanted = expected(smoothing);
    expect(floats(results['loss'])[0]).toBeCloseTo(wanted.loss, 5);
    expect(floats(results['correct'])[0]).toBe(wanted.correct);
    floats(results['gradient']).forEach((value, i) =>
      expect(value).toBeCloseTo(wanted.gradient[i] as number, 6),
    );
  });

  it('refuses outputs that are no class scores', () => {
    expect(() =>
      buildModel(18, (change) => {
        const x = change.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [3, 1] });
        crossEntropy({ smoothing: 0 }).build({
          edit: change,
          outputs: [x],
          dims: () => [3, 1],
        });
      }),
    ).toThrow('class scores');
  });
});
