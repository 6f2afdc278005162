import { activeSteps, recipeKey, type Recipe } from '../engine/forms.ts';
import type {
  EvaluateRequest,
  Evaluation,
  OpenedData,
  RecipePlan,
  Settings,
  StepPlan,
} from '../worker/protocol.ts';
import { bytes, macs, params } from './fake-sample.test-support.ts';

/** Plausible figures of a recipe, from simple formulas. */
export interface FakeFigures {
  readonly size: number;
  readonly nonzero: number;
  readonly params: number;
  readonly macs: number;
  readonly accuracy: number;
  readonly latencyMs: number;
}

export function fakeFigures(recipe: Recipe): FakeFigures {
  let size = bytes;
  let kept = 1;
  let dense = 1;
  let loss = 0;
  let latencyMs = 4.1;
  for (const step of activeSteps(recipe)) {
    const ratio = typeof step['ratio'] === 'number' ? step['ratio'] : 0;
    if (step.method === 'prune-weights') {
      kept *= 1 - ratio;
      loss += 0.5 * ratio ** 6;
    }
    if (step.method === 'prune-channels') {
      dense *= 1 - ratio;
      loss += 0.6 * ratio ** 2.5;
      latencyMs *= 1 - 0.8 * ratio;
    }
    const bits =
      step.method === 'quantize-float16'
        ? 16
        : step.method === 'quantize-int8'
          ? 8
          : Number(step['bits'] ?? 32);
    if (step.method.startsWith('quantize-')) {
      size *= (bits + 0.5) / 32;
      loss += 0.35 * 2 ** (-1.6 * (bits - 1));
      if (step.method === 'quantize-int8') latencyMs *= 0.55;
    }
  }
  return {
    size: Math.round(size * dense),
    nonzero: Math.round(params * kept * dense),
    params: Math.round(params * dense),
    macs: Math.round(macs * dense),
    accuracy: Math.max(0.1, 0.921 - loss),
    latencyMs,
  };
}

export function fakeEvaluation(
  recipe: Recipe,
  wanted: EvaluateRequest['wanted'],
  settings: Settings,
  data: OpenedData,
  quick: boolean,
): Evaluation {
  const figures = fakeFigures(recipe);
  const half = 1.96 * Math.sqrt((figures.accuracy * (1 - figures.accuracy)) / settings.samples);
  const speedup = 4.1 / figures.latencyMs;
  const has = (what: EvaluateRequest['wanted'][number]): boolean => wanted.includes(what);
  const pruned = activeSteps(recipe).some((step) => step.method === 'prune-weights');
  return {
    variant: `variant:${recipeKey(recipe)}`,
    recipe,
    hash: recipeKey(recipe),
    settings,
    dataset: data.name,
    steps: fakePlan(recipe).steps,
    measurements: {
      size: {
        sizeBytes: figures.size,
        gzipBytes: has('gzip') ? Math.round(figures.size * 0.9) : undefined,
        params: figures.params,
        nonzeroParams: figures.nonzero,
        macs: figures.macs,
      },
      latency: has('latency')
        ? {
            backend: settings.backend,
            threads: settings.threads,
            createMs: 31,
            firstRunMs: figures.latencyMs * 2,
            coldMs: 31 + figures.latencyMs * 2,
            p50Ms: figures.latencyMs,
            p95Ms: figures.latencyMs * 1.2,
            iqrMs: figures.latencyMs * 0.06,
            runs: quick ? 12 : 60,
            speedup,
            speedupLow: speedup * 0.97,
            speedupHigh: speedup * 1.03,
            noise: quick ? 0.03 : 0.012,
            drift: 1.01,
            caveats: quick ? ['few-runs'] : [],
          }
        : undefined,
      accuracy:
        has('accuracy') && data.labelled
          ? {
              metric: 'top1',
              value: figures.accuracy,
              low: figures.accuracy - half,
              high: figures.accuracy + half,
              samples: settings.samples,
            }
          : undefined,
      top5: undefined,
      fidelity:
        has('accuracy') && !data.labelled
          ? {
              top1Agreement: figures.accuracy / 0.921,
              sqnrDb: 31.2,
              maxAbsError: 0.0213,
              samples: settings.samples,
              inputs: 'synthetic',
            }
          : undefined,
      verdicts:
        has('profile') && pruned
          ? [{ code: 'zeros-not-faster', data: { percent: 50 }, message: 'zeros are not faster' }]
          : [],
    },
  };
}

export function fakePlan(recipe: Recipe): RecipePlan {
  const figures = fakeFigures(recipe);
  return {
    recipe,
    predicted: {
      sizeBytes: figures.size,
      params: figures.params,
      nonzeroParams: figures.nonzero,
      macs: figures.macs,
    },
    steps: recipe.steps.map(fakeStep),
    training: 'none',
  };
}

export function fakeStep(step: Recipe['steps'][number]): StepPlan {
  if (step.off === true) return { kind: 'off' };
  const ratio = typeof step['ratio'] === 'number' ? step['ratio'] : 0;
  const skipped = [
    {
      name: '/features/0/conv',
      opType: 'Conv',
      reason: 'depthwise: its channels are tied to its input',
    },
  ];
  switch (step.method) {
    case 'prune-channels':
      if (ratio > 0.9)
        return {
          kind: 'refused',
          error: {
            code: 'method/refused',
            where: '/features/3/conv',
            detail: 'no channel would be left',
            hint: null,
          },
        };
      return {
        kind: 'planned',
        skipped,
        summary: { removed: Math.round(1376 * ratio), channels: 1376, layers: 12, cutLayers: 9 },
      };
    case 'prune-weights':
      return {
        kind: 'planned',
        skipped: [],
        summary: {
          zeroWeights: Math.round(params * ratio),
          weights: params,
          newZeros: 1,
          layers: 21,
        },
      };
    case 'quantize-int8':
      return {
        kind: 'planned',
        skipped,
        summary: { mode: String(step['mode']), layers: 20, weights: params, fused: 18, skipped: 1 },
      };
    case 'quantize-weights':
      return {
        kind: 'planned',
        skipped: [],
        summary: { bits: Number(step['bits']), layers: 20, weights: params, storedBits: 4.5 },
      };
    default:
      return { kind: 'planned', skipped: [], summary: { tensors: 42, savedBytes: bytes / 2 } };
  }
}
