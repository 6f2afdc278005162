import type { AccuracyMeasurement, Measurements, PerplexityMeasurement } from './measurement.ts';

/** One model's measurements as the command line prints them: exactly the document of design §5.1. */
export interface Report {
  readonly file: string;
  readonly sizeBytes: number;
  readonly params: number;
  readonly nonzeroParams: number;
  /** null when shapes could not be measured. */
  readonly macs: number | null;
  readonly latency: {
    readonly backend: string;
    readonly threads: number;
    readonly coldMs: number;
    readonly p50Ms: number;
    readonly p95Ms: number;
    readonly runs: number;
    readonly speedup: number;
  } | null;
  /** Shares of labelled samples, or of a language model its perplexity. */
  readonly accuracy: {
    readonly metric: 'top1' | 'top5' | 'perplexity';
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly samples: number;
  } | null;
  /** `top1Agreement` is null where outputs are no class scores, `sqnrDb` where the outputs are equal (JSON has no infinity). */
  readonly fidelity: {
    readonly top1Agreement: number | null;
    readonly sqnrDb: number | null;
    readonly maxAbsError: number | null;
    readonly samples: number;
  } | null;
  readonly verdicts: readonly { readonly code: string; readonly message: string }[];
}

export function toReport(measurements: Measurements, file: string): Report {
  const { size, latency, accuracy, perplexity, fidelity, verdicts } = measurements;
  const quality = accuracy ?? perplexity;
  return {
    file,
    sizeBytes: size.sizeBytes,
    params: size.params,
    nonzeroParams: size.nonzeroParams,
    macs: size.macs ?? null,
    latency: latency === undefined ? null : reportLatency(latency),
    accuracy: quality === undefined ? null : reportAccuracy(quality),
    fidelity: fidelity === undefined ? null : reportFidelity(fidelity),
    verdicts: verdicts.map(({ code, message }) => ({ code, message })),
  };
}

function reportLatency(latency: NonNullable<Measurements['latency']>): Report['latency'] {
  const { backend, threads, coldMs, p50Ms, p95Ms, runs, speedup } = latency;
  return { backend, threads, coldMs, p50Ms, p95Ms, runs, speedup };
}

function reportAccuracy({
  metric,
  value,
  low,
  high,
  samples,
}: AccuracyMeasurement | PerplexityMeasurement): Report['accuracy'] {
  return { metric, value, low, high, samples };
}

function reportFidelity(fidelity: NonNullable<Measurements['fidelity']>): Report['fidelity'] {
  const { top1Agreement, sqnrDb, maxAbsError, samples } = fidelity;
  return {
    top1Agreement: top1Agreement ?? null,
    sqnrDb: finite(sqnrDb),
    maxAbsError: finite(maxAbsError),
    samples,
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
