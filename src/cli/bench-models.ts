import {
  coldStart,
  countMacs,
  defaultDims,
  discordant,
  latencyProtocols,
  measureLatency,
  measureShapes,
  measureSize,
  observe,
  probeFeeds,
  qualityOf,
  sessionOptionsFor,
  startReference,
  toModelFile,
  verdictsFor,
  type BoundData,
  type Discordant,
  type LatencyArm,
  type Measurements,
  type Model,
  type Observation,
  type Runtime,
  type SizeMeasurement,
  type Skipped,
  type Step,
  type Task,
  type VerdictFacts,
} from '../engine/index.ts';

/** A model to be measured: the first of a list is the reference of all others. */
export interface Candidate {
  readonly model: Model;
  readonly sizeBytes: number;
  /** Samples as this model takes them. */
  readonly data: BoundData | undefined;
  /** Steps that made it from the reference, where that is known. */
  readonly steps: readonly Step[];
  readonly skipped: readonly Skipped[];
}

export interface BenchRequest {
  readonly runtime: Runtime;
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly source: 'user' | 'sample';
  readonly samples: number;
  readonly task: Task;
}

/** Measures all candidates in one process, their latency in interleaved rounds: the same protocol, order and inputs as the page's. */
export async function benchModels(request: BenchRequest): Promise<Measurements[]> {
  const { runtime, candidates, samples, source, task } = request;
  const sizes: SizeMeasurement[] = [];
  for (const candidate of candidates) sizes.push(await sizeOf(candidate, request));
  const arms: LatencyArm[] = [];
  try {
    const observations: Observation[] = [];
    for (const candidate of candidates) {
      const start = candidate === candidates[0] ? startReference : coldStart;
      const arm = await startArm(candidate, runtime, start);
      arms.push(arm);
      const { model, data } = candidate;
      observations.push(
        await observe({ model, session: arm.session, data, source, samples, dims: {}, task }),
      );
    }
    const [reference, ...variants] = arms as [LatencyArm, ...LatencyArm[]];
    const latency = await measureLatency({
      runtime,
      reference,
      variants,
      clock: { nowMs: () => performance.now() },
      protocol: latencyProtocols.full,
      task,
    });
    const measured: Measurements[] = [];
    for (const [i, candidate] of candidates.entries()) {
      const [original, own] = [observations[0], observations[i]] as [Observation, Observation];
      const after: Measurements = {
        size: sizes[i] as SizeMeasurement,
        latency: i === 0 ? latency.reference : latency.variants[i - 1],
        ...qualityOf(original, own),
        verdicts: [],
      };
      const verdicts = verdictsFor({
        ...(await factsOf(candidate, runtime)),
        isOriginal: i === 0,
        before: measured[0] ?? after,
        after,
        discordant: discordance(original, own),
      });
      measured.push({ ...after, verdicts });
    }
    return measured;
  } finally {
    for (const arm of arms) await arm.session.release();
  }
}

async function startArm(
  { model, data }: Candidate,
  runtime: Runtime,
  start: typeof coldStart,
): Promise<LatencyArm> {
  const feeds = await probeFeeds(model, data, {});
  return start(runtime, toModelFile(model), feeds, sessionOptionsFor(model, runtime.backend));
}

async function sizeOf(
  { model, data, sizeBytes }: Candidate,
  { runtime, task }: BenchRequest,
): Promise<SizeMeasurement> {
  const shapes = await measureShapes(model, runtime, await probeFeeds(model, data, {}), task);
  return measureSize(model, sizeBytes, countMacs(model, shapes).total);
}

type Facts = Omit<VerdictFacts, 'before' | 'after' | 'discordant' | 'isOriginal'>;

/** What verdicts are drawn from, apart from the numbers; only a model made by known steps is worth a profile. */
async function factsOf(candidate: Candidate, runtime: Runtime): Promise<Facts> {
  const { model, data, steps, skipped } = candidate;
  const options = sessionOptionsFor(model, runtime.backend);
  const profile =
    steps.length === 0
      ? undefined
      : await runtime.profile(toModelFile(model), await probeFeeds(model, data, {}), options);
  return {
    backend: runtime.backend,
    steps,
    profile,
    model,
    skipped,
    foldDequantize: options.foldDequantize,
    hasData: data !== undefined,
    assumedDims: data === undefined ? defaultDims(model).dims : undefined,
  };
}

const discordance = (was: Observation, is: Observation): Discordant | undefined =>
  was.predictions === undefined || is.predictions === undefined
    ? undefined
    : discordant(was.predictions, is.predictions);
