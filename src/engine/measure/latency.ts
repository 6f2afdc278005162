import { quietTask, type Clock, type Task } from '../core/index.ts';
import type { Feeds, ModelFile, Runtime, Session, SessionOptions } from '../runtime/index.ts';
import { fewRounds, latencyProtocols, type LatencyProtocol } from './latency-protocol.ts';
import type { LatencyCaveat, LatencyMeasurement } from './measurement.ts';
import { median, medianInterval, quantileOfSorted, sorted, type Interval } from './stats.ts';
import { warmUp } from './warm-up.ts';

/** A session with what it is fed, and how it started. */
export interface LatencyArm {
  readonly session: Session;
  readonly feeds: Feeds;
  /** First run after creation, ms. */
  readonly firstRunMs: number;
}

/** Makes a session and times its first run apart: on WebGPU that is where the shaders compile. */
export async function coldStart(
  runtime: Runtime,
  file: ModelFile,
  feeds: Feeds,
  options?: SessionOptions,
): Promise<LatencyArm> {
  const session = await runtime.create(file, options);
  try {
    const [firstRunMs = NaN] = await session.time(feeds, 1, 1);
    return { session, feeds, firstRunMs };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** Models up to this size are started twice as a reference. */
const startTwiceUpToBytes = 32 * 2 ** 20;

/**
 * Cold start of the model that others are compared with. The first session of a runtime also pays for what later ones find ready (the
 * module's start, kernels compiled when first used); so a small model is started twice and the second start counts, and a variant never
 * looks quicker to start than it is. For a large model that cost does not show.
 */
export async function startReference(
  runtime: Runtime,
  file: ModelFile,
  feeds: Feeds,
  options?: SessionOptions,
): Promise<LatencyArm> {
  const bytes = (file.external ?? []).reduce(
    (sum, part) => sum + part.bytes.byteLength,
    file.bytes.byteLength,
  );
  if (bytes <= startTwiceUpToBytes) {
    const first = await coldStart(runtime, file, feeds, options);
    await first.session.release();
  }
  return coldStart(runtime, file, feeds, options);
}

export interface LatencyRequest {
  readonly runtime: Pick<Runtime, 'backend' | 'threads' | 'coarseClock'>;
  readonly reference: LatencyArm;
  readonly variants: readonly LatencyArm[];
  readonly clock: Clock;
  readonly task?: Task;
  readonly protocol?: LatencyProtocol;
  /** True while the tab is hidden: the browser slows it down, and rounds taken then do not count. */
  readonly hidden?: () => boolean;
  /** The GPU is computed on the CPU: correct, and says nothing about speed. */
  readonly softwareGpu?: boolean;
}

export interface LatencyResult {
  readonly reference: LatencyMeasurement;
  readonly variants: readonly LatencyMeasurement[];
}

/**
 * Latency of a reference A and of variants B, C …, interleaved: a round is A B C A′, the next A C B A′, and so on. The speedup of B
 * is the median over rounds of ((A + A′) ÷ 2) ÷ B, in which a slow drift of the machine cancels; its 95 % interval is
 * distribution-free. A ÷ A′ of the same rounds (inverted every other round) is the noise of measuring the same thing twice.
 */
export async function measureLatency(request: LatencyRequest): Promise<LatencyResult> {
  const { reference, variants, task = quietTask, protocol = latencyProtocols.full } = request;
  const arms = [reference, ...variants];
  const runsPerSample: number[] = [];
  for (const [i, { session, feeds }] of arms.entries()) {
    task.report({ phase: 'warming-up', done: i, total: arms.length });
    const steadyMs = await warmUp(session, feeds, protocol, task);
    runsPerSample.push(Math.min(10_000, Math.max(1, Math.ceil(protocol.sampleMs / steadyMs))));
  }
  const { rounds, hiddenRounds } = await takeRounds(request, arms, runsPerSample, protocol, task);
  return summarize(request, rounds, hiddenRounds, runsPerSample);
}

/** One round's ms per run: the reference before and after, and each variant. */
interface Round {
  readonly before: number;
  readonly after: number;
  readonly variants: readonly number[];
}

async function takeRounds(
  { clock, hidden = () => false }: LatencyRequest,
  arms: readonly LatencyArm[],
  runsPerSample: readonly number[],
  protocol: LatencyProtocol,
  task: Task,
): Promise<{ rounds: readonly Round[]; hiddenRounds: boolean }> {
  const kept: Round[] = [];
  const discarded: Round[] = [];
  const start = clock.nowMs();
  const timedMs = (): number => clock.nowMs() - start;
  const enough = (): boolean =>
    kept.length >= protocol.minRounds && timedMs() >= protocol.minArmMs * (arms.length + 1);
  while (!enough()) {
    const taken = kept.length + discarded.length;
    if (timedMs() >= protocol.capMs && taken >= protocol.fewestRounds) break;
    const wasHidden = hidden();
    const round = await takeRound(arms, runsPerSample, taken % 2 === 1);
    (wasHidden || hidden() ? discarded : kept).push(round);
    const share = Math.min(
      1,
      Math.max(kept.length / protocol.minRounds, timedMs() / protocol.capMs),
    );
    task.report({ phase: 'measuring-latency', done: Math.round(share * 100), total: 100 });
    await task.breathe();
  }
  // Rounds of a hidden tab are better than none, and are marked.
  return kept.length >= protocol.fewestRounds
    ? { rounds: kept, hiddenRounds: false }
    : { rounds: [...kept, ...discarded], hiddenRounds: discarded.length > 0 };
}

async function takeRound(
  arms: readonly LatencyArm[],
  runsPerSample: readonly number[],
  reversed: boolean,
): Promise<Round> {
  const sample = async (arm: number): Promise<number> => {
    const { session, feeds } = arms[arm] as LatencyArm;
    const [ms = NaN] = await session.time(feeds, 1, runsPerSample[arm] as number);
    return ms;
  };
  const order = Array.from({ length: arms.length - 1 }, (_, i) =>
    reversed ? arms.length - 1 - i : i + 1,
  );
  const variants: number[] = Array.from({ length: arms.length - 1 }, () => NaN);
  const before = await sample(0);
  for (const arm of order) variants[arm - 1] = await sample(arm);
  const after = await sample(0);
  return { before, after, variants };
}

function summarize(
  request: LatencyRequest,
  rounds: readonly Round[],
  hiddenRounds: boolean,
  runsPerSample: readonly number[],
): LatencyResult {
  const { runtime, reference, variants } = request;
  const noiseInterval = medianInterval(
    rounds.map(({ before, after }, i) => (i % 2 === 0 ? before / after : after / before)),
  );
  const noise = Math.max(Math.abs(noiseInterval.low - 1), Math.abs(noiseInterval.high - 1));
  const caveats = commonCaveats(request, rounds.length, hiddenRounds);
  const figures = (
    arm: LatencyArm,
    samples: readonly number[],
    runs: number,
    speedup: Interval & { value: number },
  ): LatencyMeasurement => {
    const ascending = sorted(samples);
    const drift = driftOf(samples);
    return {
      backend: runtime.backend,
      threads: runtime.threads,
      createMs: arm.session.createMs,
      firstRunMs: arm.firstRunMs,
      coldMs: arm.session.createMs + arm.firstRunMs,
      p50Ms: quantileOfSorted(ascending, 0.5),
      p95Ms: quantileOfSorted(ascending, 0.95),
      iqrMs: quantileOfSorted(ascending, 0.75) - quantileOfSorted(ascending, 0.25),
      runs,
      speedup: speedup.value,
      speedupLow: speedup.low,
      speedupHigh: speedup.high,
      noise,
      drift,
      caveats: drift > 1.1 || drift < 1 / 1.1 ? [...caveats, 'drift'] : caveats,
    };
  };
  const referenceSamples = rounds.flatMap(({ before, after }) => [before, after]);
  const ofReference = figures(
    reference,
    referenceSamples,
    referenceSamples.length * (runsPerSample[0] as number),
    { value: 1, ...noiseInterval },
  );
  return {
    reference: ofReference,
    variants: variants.map((arm, i) => {
      const samples = rounds.map((round) => round.variants[i] as number);
      const ratios = rounds.map(
        ({ before, after }, k) => (before + after) / 2 / (samples[k] as number),
      );
      const runs = samples.length * (runsPerSample[i + 1] as number);
      const speedup = { value: median(ratios), ...medianInterval(ratios) };
      return { ...figures(arm, samples, runs, speedup), reference: ofReference };
    }),
  };
}

function commonCaveats(
  { runtime, softwareGpu }: LatencyRequest,
  rounds: number,
  hiddenRounds: boolean,
): LatencyCaveat[] {
  const caveats: LatencyCaveat[] = [];
  if (hiddenRounds) caveats.push('hidden-tab');
  if (runtime.coarseClock) caveats.push('coarse-clock');
  if (softwareGpu === true && runtime.backend === 'webgpu') caveats.push('software-gpu');
  if (rounds < fewRounds) caveats.push('few-runs');
  return caveats;
}

/** Median of the last third ÷ median of the first third; 1 where there are too few samples to say. */
function driftOf(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  if (third < 2) return 1;
  return median(samples.slice(-third)) / median(samples.slice(0, third));
}
