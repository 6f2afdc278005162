import {
  coldStart,
  countMacs,
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
  writeModel,
  type BoundData,
  type LatencyArm,
  type Measurements,
  type Model,
  type Observation,
  type ProfiledNode,
  type Runtime,
  type Skipped,
  type Step,
  type Task,
} from '../engine/index.ts';

/** A model to be measured: the first of a list is the reference of all others. */
export interface Candidate {
  readonly model: Model;
  readonly sizeBytes: number;
  /** Steps that made it from the reference, where that is known. */
  readonly steps: readonly Step[];
  readonly skipped: readonly Skipped[];
}

export interface BenchRequest {
  readonly runtime: Runtime;
  readonly candidates: readonly Candidate[];
  readonly data: BoundData | undefined;
  readonly source: 'user' | 'sample';
  readonly samples: number;
  readonly task: Task;
}

/** Measures all candidates in one process, their latency in interleaved rounds: the same protocol, order and inputs as the page's. */
export async function benchModels(request: BenchRequest): Promise<Measurements[]> {
  const { runtime, candidates, data, samples, source, task } = request;
  const arms: LatencyArm[] = [];
  try {
    const observations: Observation[] = [];
    for (const { model } of candidates) {
      const arm = await startArm(model, request, arms.length === 0);
      arms.push(arm);
      observations.push(
        await observe({ model, session: arm.session, data, source, samples, dims: {}, task }),
      );
    }
    const latency = await measureLatency({
      runtime,
      reference: arms[0] as LatencyArm,
      variants: arms.slice(1),
      clock: { nowMs: () => performance.now() },
      protocol: latencyProtocols.full,
      task,
    });
    const measured: Measurements[] = [];
    for (const [i, candidate] of candidates.entries()) {
      const bare = await withoutVerdicts(candidate, observations, i, request);
      const own = { ...bare, latency: i === 0 ? latency.reference : latency.variants[i - 1] };
      measured.push({
        ...own,
        verdicts: await judge(candidate, measured[0] ?? own, own, observations, i, request),
      });
    }
    return measured;
  } finally {
    for (const arm of arms) await arm.session.release();
  }
}

async function startArm(
  model: Model,
  { runtime, data }: BenchRequest,
  first: boolean,
): Promise<LatencyArm> {
  const feeds = await probeFeeds(model, data, {});
  const start = first ? startReference : coldStart;
  return start(runtime, toModelFile(model), feeds, sessionOptionsFor(model, runtime.backend));
}

async function withoutVerdicts(
  { model, sizeBytes }: Candidate,
  observations: readonly Observation[],
  index: number,
  { runtime, data, task }: BenchRequest,
): Promise<Omit<Measurements, 'latency'>> {
  const shapes = await measureShapes(model, runtime, await probeFeeds(model, data, {}), task);
  const { parts, external } = writeModel(model);
  const size = measureSize(model, [...parts, ...external.flatMap((file) => file.parts)], shapes);
  const [original] = observations as readonly [Observation, ...Observation[]];
  const quality = qualityOf(original, observations[index] as Observation);
  return {
    size: { ...size, sizeBytes, macs: countMacs(model, shapes).total },
    ...quality,
    verdicts: [],
  };
}

async function judge(
  candidate: Candidate,
  before: Measurements,
  after: Measurements,
  observations: readonly Observation[],
  index: number,
  { runtime, data }: BenchRequest,
): Promise<Measurements['verdicts']> {
  const { model, steps, skipped } = candidate;
  const options = sessionOptionsFor(model, runtime.backend);
  const profile: ProfiledNode[] =
    steps.length === 0
      ? []
      : await runtime.profile(toModelFile(model), await probeFeeds(model, data, {}), options);
  const [was, is] = [observations[0]?.predictions, observations[index]?.predictions];
  return verdictsFor({
    backend: runtime.backend,
    steps,
    before,
    after,
    profile: steps.length === 0 ? undefined : profile,
    model,
    discordant: was !== undefined && is !== undefined ? discordant(was, is) : undefined,
    skipped,
    foldDequantize: options.foldDequantize,
  });
}
