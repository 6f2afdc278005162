import { recipeKey, type Recipe } from '../engine/forms.ts';
import type { Calls, PredictionsReply, TrainingLog } from '../worker/protocol.ts';
import { classes } from './fake-sample.test-support.ts';
import { trains } from './training.ts';

/** What the fake worker shows when the page looks closer: training curves, weights, predictions with pictures. */
/** A loss that falls and a score that rises, both by formula; the control stays a little behind. */
export function fakeLog(
  recipe: Recipe,
  step: number,
  epochs: number,
  perEpoch: number,
  finished: boolean,
): TrainingLog {
  const scoreAt = (epoch: number, top: number) =>
    ({
      epoch,
      step: epoch * perEpoch,
      metric: 'accuracy',
      value: top - 0.3 * Math.exp(-epoch),
      loss: 0.3 + Math.exp(-epoch),
      samples: 2000,
    }) as const;
  const curves = (run: 'student' | 'control', top: number) => {
    const epoch = Math.ceil(step / perEpoch);
    const done = Math.floor(step / perEpoch);
    const validation = Array.from({ length: done }, (_, i) => scoreAt(i + 1, top));
    return {
      report: {
        run,
        phase: finished ? ('done' as const) : ('training' as const),
        epoch,
        epochs,
        step,
        steps: epochs * perEpoch,
        loss: 0.2 + Math.exp(-step / 30),
        parts: { soft: 0.1 + Math.exp(-step / 30), hard: 0.1 },
        learningRate: 0.001,
        validation: validation.at(-1),
        best: validation.at(-1),
        teacher: 0.921,
        samplesPerSecond: 812,
        etaMs: (epochs * perEpoch - step) * 35,
      },
      loss: Array.from({ length: step }, (_, i) => ({
        step: i + 1,
        value: 0.2 + Math.exp(-(i + 1) / 30) + 0.02 * Math.sin(i * 1.7),
      })),
      validation,
    };
  };
  return {
    steps: recipe.steps.flatMap(({ method, off, ...options }, index) =>
      off === true || !trains(method)
        ? []
        : [
            {
              step: index,
              method,
              finished,
              student: curves('student', 0.91),
              control: options['control'] === true ? curves('control', 0.88) : undefined,
            },
          ],
    ),
  };
}

export function fakeWeights(weight: string): Calls['weights']['reply'] {
  const bins = 64;
  const edges = Float32Array.from({ length: bins + 1 }, (_, i) => -0.5 + i / bins);
  const before = Uint32Array.from({ length: bins }, (_, i) =>
    Math.round(900 * Math.exp(-(((i - 31.5) / 12) ** 2))),
  );
  const after = before.map((count, i) => (Math.abs(i - 31.5) < 8 ? 0 : count));
  return {
    weight,
    dims: [64, 64, 3, 3],
    count: 36_864,
    edges,
    before,
    after,
    threshold: 0.125,
    grid: undefined,
    zeros: { before: 12, after: 18_000 },
  };
}

export function fakePredictions(variant: string, count: number): PredictionsReply {
  const original = variant === `variant:${recipeKey({ version: 1, seed: 0, steps: [] })}`;
  const disagreements = original ? 0 : 37;
  const rows = Array.from({ length: count }, (_, index) => {
    const label = (index * 7) % 10;
    const other = (label + 3) % 10;
    const before = [
      { index: label, score: 0.62 },
      { index: other, score: 0.3 },
    ];
    const flipped = index < disagreements;
    const after = flipped
      ? [
          { index: other, score: 0.51 },
          { index: label, score: 0.42 },
        ]
      : before;
    return { index: index * 13, image: fakePicture(index), label, before, after };
  });
  return {
    rows,
    total: 1000,
    disagreements,
    perClass: classes.map((_, index) => ({
      index,
      samples: 100,
      before: 92,
      after: 92 - ((index * 3) % 7),
    })),
  };
}

export function fakePicture(seed: number): NonNullable<PredictionsReply['rows'][number]['image']> {
  const side = 28;
  const rgba = new Uint8ClampedArray(side * side * 4);
  for (let i = 0; i < side * side; i += 1) {
    const x = (i % side) - 14;
    const y = Math.floor(i / side) - 14;
    const inside = Math.abs(x) * (1 + (seed % 3)) + Math.abs(y) < 12;
    rgba.fill(inside ? 200 - ((x * y + seed * 17) % 60) : 16, i * 4, i * 4 + 3);
    rgba[i * 4 + 3] = 255;
  }
  return { width: side, height: side, rgba };
}
