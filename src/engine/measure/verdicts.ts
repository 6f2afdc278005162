import type { Model } from '../graph/index.ts';
import type { BackendId, ProfiledNode } from '../runtime/index.ts';
import type { Discordant } from './accuracy.ts';
import { countKernels } from './kernel-classes.ts';
import type { LatencyMeasurement, Measurements, Verdict } from './measurement.ts';
import { mcNemar } from './stats.ts';
import { storedBits, unpackedWeights } from './stored-bits.ts';
import { verdict } from './verdict-sentences.ts';

/** Everything that verdicts are drawn from. What is absent draws none: a verdict is computed, never supposed. */
export interface VerdictFacts {
  readonly backend: BackendId;
  /** Steps of the recipe that were carried out; empty for the original, and where nobody knows. */
  readonly steps: readonly { readonly method: string; readonly [option: string]: unknown }[];
  readonly before: Omit<Measurements, 'verdicts'>;
  readonly after: Omit<Measurements, 'verdicts'>;
  /** Profile of the variant. */
  readonly profile?: readonly ProfiledNode[] | undefined;
  /** The variant. */
  readonly model?: Model | undefined;
  readonly discordant?: Discordant | undefined;
  /** What steps left alone. */
  readonly skipped?:
    | readonly { readonly opType: string; readonly reason: string; readonly depthwise?: boolean }[]
    | undefined;
  /** The variant's session unpacks weights to floating point when it is made. */
  readonly foldDequantize?: boolean | undefined;
  /** False for a model that was made elsewhere and is compared with another. Default: when no step was carried out. */
  readonly isOriginal?: boolean | undefined;
  /** False where steps that calibrate had made-up inputs only. */
  readonly hasData?: boolean | undefined;
  /** Sizes taken for symbolic dimensions. */
  readonly assumedDims?: Readonly<Record<string, number>> | undefined;
}

/** Sentences on why the numbers are what they are, the most telling first. */
export function verdictsFor(facts: VerdictFacts): Verdict[] {
  return [
    ...speedVerdicts(facts),
    ...zeroVerdicts(facts),
    ...profileVerdicts(facts),
    ...quantizationVerdicts(facts),
    ...accuracyVerdicts(facts),
    ...calibrationVerdicts(facts),
    ...shapeVerdicts(facts),
  ];
}

/** A difference is believed beyond the larger of 3 % and three times the noise of A against A (platform.md A9). */
export const believedChange = ({ noise }: Pick<LatencyMeasurement, 'noise'>): number =>
  Math.max(0.03, 3 * noise);

export type SpeedChange = 'faster' | 'slower' | 'within-noise';

export function speedChange(latency: LatencyMeasurement): SpeedChange {
  const { speedup, speedupLow, speedupHigh } = latency;
  if (Math.abs(speedup - 1) <= believedChange(latency) || (speedupLow <= 1 && speedupHigh >= 1))
    return 'within-noise';
  return speedup > 1 ? 'faster' : 'slower';
}

const isOriginal = ({ isOriginal: said, steps }: VerdictFacts): boolean =>
  said ?? steps.length === 0;

function speedVerdicts(facts: VerdictFacts): Verdict[] {
  const { latency } = facts.after;
  if (latency === undefined || isOriginal(facts)) return [];
  const change = speedChange(latency);
  if (change === 'faster') return [];
  if (change === 'slower')
    return [verdict('slower-than-original', { factor: 1 / latency.speedup })];
  const threshold = 100 * believedChange(latency);
  return [verdict('speedup-within-noise', { speedup: latency.speedup, threshold })];
}

/** Said when zeros were made on purpose, are many, and the model did not get faster. */
function zeroVerdicts({ after, steps }: VerdictFacts): Verdict[] {
  const { params, nonzeroParams } = after.size;
  const zeros = params === 0 ? 0 : 1 - nonzeroParams / params;
  const pruned = steps.some(({ method }) => method === 'prune-weights');
  const faster = after.latency !== undefined && speedChange(after.latency) === 'faster';
  return pruned && zeros >= 0.05 && !faster
    ? [verdict('zeros-not-faster', { percent: 100 * zeros })]
    : [];
}

function profileVerdicts({ profile, backend, steps }: VerdictFacts): Verdict[] {
  if (profile === undefined) return [];
  const found: Verdict[] = [];
  const { total, integer, float, floatNames, copies, onCpu, onCpuNames } = countKernels(profile);
  if (backend === 'webgpu' && onCpu > 0)
    found.push(verdict('fell-back-to-cpu', { nodes: onCpu, total, operators: names(onCpuNames) }));
  if (copies > 0) found.push(verdict('copies-between-devices', { nodes: copies }));
  if (steps.some(quantizesActivations)) {
    const heavy = integer + float;
    if (integer > 0) found.push(verdict('fused-int8', { nodes: integer, total: heavy }));
    if (float > 0)
      found.push(
        verdict('ran-in-float', { nodes: float, total: heavy, operators: names(floatNames) }),
      );
  }
  return found;
}

const quantizesActivations = (step: {
  readonly method: string;
  readonly [option: string]: unknown;
}): boolean =>
  step.method === 'quantize-int8' && step['mode'] !== 'weights' && step['mode'] !== 'weights-only';

const names = (list: readonly string[]): string =>
  list.length <= 4
    ? list.join(', ')
    : `${list.slice(0, 4).join(', ')} and ${list.length - 4} other kinds`;

function quantizationVerdicts({
  skipped = [],
  steps,
  model,
  foldDequantize,
}: VerdictFacts): Verdict[] {
  const found: Verdict[] = [];
  const depthwise = skipped.filter(
    (part) => part.depthwise ?? /depthwise|grouped convolution/i.test(part.reason),
  ).length;
  if (depthwise > 0) found.push(verdict('depthwise-left-float', { nodes: depthwise }));
  const bits = model === undefined ? [] : storedBits(model);
  const asked = steps.findLast(({ method }) => method === 'quantize-weights')?.['bits'];
  if (typeof asked === 'number') {
    for (const stored of new Set(bits.filter((width) => width > asked && width <= 8)))
      found.push(
        verdict('bits-stored-in-byte', {
          weights: bits.filter((width) => width === stored).length,
          asked,
          stored,
        }),
      );
  }
  const unpacked = model === undefined ? 0 : unpackedWeights(model);
  if (foldDequantize === true && unpacked > 0)
    found.push(verdict('weight-only-folded', { weights: unpacked }));
  return found;
}

/** By McNemar's test where both ran on the same samples, else by whether the intervals overlap. */
function accuracyVerdicts(facts: VerdictFacts): Verdict[] {
  const { before, after, discordant } = facts;
  const [a, b] = [before.accuracy, after.accuracy];
  if (a === undefined || b === undefined || isOriginal(facts) || a.value === b.value) return [];
  const within =
    discordant === undefined
      ? a.low <= b.high && b.low <= a.high
      : mcNemar(discordant.lost, discordant.gained) > 0.05;
  return within
    ? [verdict('accuracy-within-noise', { points: 100 * (b.value - a.value), samples: b.samples })]
    : [];
}

/** Made-up inputs give ranges that real ones need not have: said, not hidden. */
function calibrationVerdicts({ hasData, steps }: VerdictFacts): Verdict[] {
  const calibrated = steps.some(
    (step) => step.method === 'quantize-int8' && (step['mode'] ?? 'static') === 'static',
  );
  return hasData === false && calibrated ? [verdict('calibrated-on-synthetic', {})] : [];
}

function shapeVerdicts({ assumedDims = {} }: VerdictFacts): Verdict[] {
  const sizes = Object.entries(assumedDims).map(([name, size]) => `${name} = ${size}`);
  return sizes.length === 0 ? [] : [verdict('shapes-assumed', { sizes: names(sizes) })];
}
