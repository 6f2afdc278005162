import type { BackendId } from '../runtime/index.ts';

/** Measurements: numbers with how they were got. Nothing here may hold an estimate. */
export interface SizeMeasurement {
  /** Bytes of the `.onnx` as written, external data included. */
  readonly sizeBytes: number;
  /** Bytes after gzip -6; undefined until it was computed. */
  readonly gzipBytes: number | undefined;
  readonly params: number;
  readonly nonzeroParams: number;
  /** undefined when shapes could not be measured. */
  readonly macs: number | undefined;
}

export interface LatencyMeasurement {
  /**
   * The reference's latency in the very rounds that gave this one: what this one is to be compared with, since the machine may
   * have been faster when the reference was measured alone. Absent on the reference itself.
   */
  readonly reference?: Omit<LatencyMeasurement, 'reference'>;
  readonly backend: BackendId;
  readonly threads: number;
  /** Session creation, ms. */
  readonly createMs: number;
  /** First run after creation, ms. */
  readonly firstRunMs: number;
  /** createMs + firstRunMs. */
  readonly coldMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Interquartile range of the samples, ms. */
  readonly iqrMs: number;
  /** Timed runs behind the numbers. */
  readonly runs: number;
  /** Median of paired ratios reference ÷ this (1 for the reference itself), with its 95 % interval. */
  readonly speedup: number;
  readonly speedupLow: number;
  readonly speedupHigh: number;
  /** A against A of the reference in the same session: half width of the interval of its ratio. */
  readonly noise: number;
  /** Median of the last third ÷ median of the first third. */
  readonly drift: number;
  /** What weakens the numbers: hidden tab, coarse clock, drift. Closed set of codes. */
  readonly caveats: readonly LatencyCaveat[];
}
export type LatencyCaveat = 'hidden-tab' | 'coarse-clock' | 'drift' | 'software-gpu' | 'few-runs';

export interface AccuracyMeasurement {
  readonly metric: 'top1' | 'top5';
  readonly value: number;
  /** 95 % Wilson interval. */
  readonly low: number;
  readonly high: number;
  readonly samples: number;
}

/** How well a language model tells each token from those before it: 1 and up, lower is better. */
export interface PerplexityMeasurement {
  readonly metric: 'perplexity';
  readonly value: number;
  /** 95 % interval, over windows of text. */
  readonly low: number;
  readonly high: number;
  /** Tokens told. */
  readonly samples: number;
  /**
   * This ÷ the original's, window by window of the same text, with its 95 % interval: narrower than the intervals of the two, since what is
   * hard is hard for both. Absent on the original itself.
   */
  readonly change?: { readonly ratio: number; readonly low: number; readonly high: number };
}

export interface FidelityMeasurement {
  /** Share of samples whose top class equals the original's; undefined when outputs are not class scores. */
  readonly top1Agreement: number | undefined;
  readonly sqnrDb: number;
  readonly maxAbsError: number;
  readonly samples: number;
  /** What the inputs were. */
  readonly inputs: 'user' | 'sample' | 'synthetic';
}

export interface Verdict {
  readonly code: VerdictCode;
  /** Numbers that fill the sentence. */
  readonly data: Readonly<Record<string, number | string>>;
  /** The sentence in English, for the command line and reports. */
  readonly message: string;
}

export const verdictCodes = [
  'zeros-not-faster',
  'fell-back-to-cpu',
  'ran-in-float',
  'fused-int8',
  'speedup-within-noise',
  'slower-than-original',
  'depthwise-left-float',
  'copies-between-devices',
  'bits-stored-in-byte',
  'weight-only-folded',
  'accuracy-within-noise',
  'calibrated-on-synthetic',
  'shapes-assumed',
] as const;
export type VerdictCode = (typeof verdictCodes)[number];

export interface Measurements {
  readonly size: SizeMeasurement;
  readonly latency: LatencyMeasurement | undefined;
  readonly accuracy: AccuracyMeasurement | undefined;
  readonly top5: AccuracyMeasurement | undefined;
  /** Of language models, on text. */
  readonly perplexity?: PerplexityMeasurement | undefined;
  readonly fidelity: FidelityMeasurement | undefined;
  readonly verdicts: readonly Verdict[];
}
