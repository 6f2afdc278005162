import type { LatencyMeasurement, Measurements } from '../engine/index.ts';
import { isLanguageModel } from './continuation.ts';
import { estimateByRatio } from './estimate.ts';
import { memo } from './memo.ts';
import { selectCurrent, selectOriginal } from './points.ts';
import type { StudioState } from './state.ts';
import { isTraining, waitsForTraining } from './training.ts';

/**
 * The three numbers that are always in view. Each says how it is known: `exact` is counted, `measured` was run on this
 * device, `estimate` is read off neighbouring measurements, `waiting` is not known yet.
 */
export type Known =
  | { readonly kind: 'exact' | 'measured' | 'estimate'; readonly value: number }
  | { readonly kind: 'waiting' };

export interface Headline {
  /** Nothing in the recipe is switched on: there is only one side. */
  readonly unchanged: boolean;
  /** Why there is no measurement: `needed`, a step has to be trained first; `running`, that is being done. */
  readonly training: 'needed' | 'running' | undefined;
  readonly quality: Quality;
  readonly latency: {
    readonly before: Known;
    readonly after: Known;
    /** The difference is within what measuring varies by here: nothing may be claimed. */
    readonly unclear: boolean;
    readonly speedup:
      | { readonly value: number; readonly low: number; readonly high: number }
      | undefined;
  };
  readonly size: { readonly before: Known; readonly after: Known };
}

/** Accuracy where there are labels; perplexity of a language model on text; else how far the outputs agree with the original's. */
export type Quality =
  | {
      readonly kind: 'accuracy';
      readonly before: Known;
      readonly after: Known;
      /** Half width of the interval of the difference, as a share. */
      readonly margin: number | undefined;
      readonly samples: number | undefined;
    }
  | {
      /** Lower is better. */
      readonly kind: 'perplexity';
      readonly before: Known;
      readonly after: Known;
      /** Half width of the interval of after ÷ before, on the same windows. */
      readonly margin: number | undefined;
      /** Tokens told. */
      readonly samples: number | undefined;
    }
  | {
      readonly kind: 'agreement';
      readonly after: Known;
      readonly sqnrDb: number | undefined;
      readonly samples: number | undefined;
    };

const waiting: Known = { kind: 'waiting' };
const measured = (value: number | undefined): Known =>
  value === undefined ? waiting : { kind: 'measured', value };
const measuredOr = (value: number | undefined, guess: () => number | undefined): Known => {
  if (value !== undefined) return { kind: 'measured', value };
  const estimate = guess();
  return estimate === undefined ? waiting : { kind: 'estimate', value: estimate };
};

export const selectHeadline = memo(
  (state: StudioState) =>
    [
      state.points,
      state.history.present,
      state.plan,
      state.settings,
      state.data,
      state.model,
      state.training?.state,
      state.training?.recipe,
    ] as const,
  (state): Headline => ({
    training: !waitsForTraining(state)
      ? undefined
      : isTraining(state) && state.training?.recipe === state.history.present
        ? 'running'
        : 'needed',
    unchanged: !state.history.present.steps.some((step) => step.off !== true),
    quality: quality(state),
    latency: latency(state),
    size: size(state),
  }),
);

function quality(state: StudioState): Quality {
  const before = selectOriginal(state)?.evaluation.measurements;
  const after = selectCurrent(state)?.evaluation.measurements;
  if (isLanguageModel(state)) return perplexity(state, before, after);
  if (state.data?.labelled === false) {
    const fidelity = after?.fidelity;
    return {
      kind: 'agreement',
      after: measured(fidelity?.top1Agreement),
      sqnrDb: fidelity?.sqnrDb,
      samples: fidelity?.samples,
    };
  }
  const a = before?.accuracy;
  const b = after?.accuracy;
  // Half widths of two independent intervals; the samples are the same, so the truth is narrower.
  const margin =
    a === undefined || b === undefined
      ? undefined
      : Math.hypot((a.high - a.low) / 2, (b.high - b.low) / 2);
  return {
    kind: 'accuracy',
    before: measured(a?.value),
    after: measuredOr(b?.value, () =>
      estimateByRatio(state, (point) => point.evaluation.measurements.accuracy?.value),
    ),
    margin,
    samples: b?.samples ?? a?.samples,
  };
}

function perplexity(
  state: StudioState,
  before: Measurements | undefined,
  after: Measurements | undefined,
): Quality {
  const a = before?.perplexity;
  const b = after?.perplexity;
  return {
    kind: 'perplexity',
    before: measured(a?.value),
    after: measuredOr(b?.value, () =>
      estimateByRatio(state, (point) => point.evaluation.measurements.perplexity?.value),
    ),
    margin: b?.change && (b.change.high - b.change.low) / 2,
    samples: b?.samples ?? a?.samples,
  };
}

function latency(state: StudioState): Headline['latency'] {
  const current = selectCurrent(state)?.evaluation.measurements;
  // Of the same rounds as the variant's: the machine may have been faster when the original was measured alone.
  const before =
    current?.latency?.reference ?? selectOriginal(state)?.evaluation.measurements.latency;
  const after = current?.latency;
  return {
    before: measured(before?.p50Ms),
    after: measuredOr(after?.p50Ms, () =>
      estimateByRatio(state, (point) => point.evaluation.measurements.latency?.p50Ms),
    ),
    unclear:
      after !== undefined &&
      ((after.speedupLow <= 1 && after.speedupHigh >= 1) ||
        current?.verdicts.some(({ code }) => code === 'speedup-within-noise') === true),
    speedup: after === undefined ? undefined : speedupOf(after),
  };
}

export const speedupOf = (
  measurement: LatencyMeasurement,
): { value: number; low: number; high: number } => ({
  value: measurement.speedup,
  low: measurement.speedupLow,
  high: measurement.speedupHigh,
});

function size(state: StudioState): Headline['size'] {
  const present = state.history.present;
  const planned = state.plan?.recipe === present ? state.plan.predicted.sizeBytes : undefined;
  const known = selectCurrent(state)?.evaluation.measurements.size.sizeBytes ?? planned;
  // While the dial moves, the newest plan that has arrived is shown.
  const value = known ?? state.plan?.predicted.sizeBytes;
  const original = state.model?.summary.sizeBytes;
  return {
    before: original === undefined ? waiting : { kind: 'exact', value: original },
    after: value === undefined ? waiting : { kind: 'exact', value },
  };
}
