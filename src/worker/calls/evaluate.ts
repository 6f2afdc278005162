import {
  activeSteps,
  coldStart,
  countMacs,
  countParameters,
  discordant,
  gzipBytes,
  latencyProtocols,
  measureLatency,
  measureShapes,
  measureSize,
  methodById,
  nonzeroOf,
  observe,
  qualityOf,
  spanOf,
  verdictsFor,
  type LatencyArm,
  type Measurements,
  type Observation,
  type ProfiledNode,
  type Task,
} from '../../engine/index.ts';
import { buildVariant, feedsFor, originalRecipe, originalShapes } from '../build-variant.ts';
import { conditionsOf } from '../conditions.ts';
import type { EvaluateRequest, Evaluation, Wanted } from '../protocol.ts';
import { stepPlansOfRun } from '../step-plans.ts';
import type { CallContext, Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import type { StoredVariant } from '../variants.ts';
import type { Workspace } from '../workspace.ts';

/** Builds a variant and measures what is wanted, telling each result as it comes. */
export const evaluate: Handler<'evaluate'> = (body, context) =>
  context.workspace.jobs.run(context.id, body.priority, async (signal) => {
    const task = workerTask(signal, context.progress);
    const evaluation = new VariantEvaluation(body, context, task);
    return evaluation.run();
  });

class VariantEvaluation {
  readonly #body: EvaluateRequest;
  readonly #context: CallContext;
  readonly #workspace: Workspace;
  readonly #task: Task;
  readonly #conditions: string;
  #arm: LatencyArm | undefined;
  #profile: readonly ProfiledNode[] | undefined;

  constructor(body: EvaluateRequest, context: CallContext, task: Task) {
    this.#body = body;
    this.#context = context;
    this.#workspace = context.workspace;
    this.#task = task;
    this.#conditions = conditionsOf(context.workspace);
  }

  async run(): Promise<Evaluation> {
    const variant = await buildVariant(this.#workspace, this.#body.recipe, this.#task);
    try {
      if (!variant.measured.has(this.#conditions)) await this.#measureSize(variant);
      this.#tell(variant);
      for (const wanted of order) {
        if (!this.#body.wanted.includes(wanted)) continue;
        await this.#task.breathe();
        await this.#measure[wanted](variant);
        this.#tell(variant);
      }
      await this.#judge(variant);
      return this.#snapshot(variant);
    } finally {
      await this.#releaseArm(variant);
    }
  }

  readonly #measure: Record<Wanted, (variant: StoredVariant) => Promise<void>> = {
    accuracy: (variant) => this.#measureQuality(variant),
    latency: (variant) => this.#measureLatency(variant),
    // The noise of A against A is taken in the same rounds as the latency.
    noise: () => Promise.resolve(),
    gzip: (variant) => this.#measureGzip(variant),
    profile: (variant) => this.#takeProfile(variant),
  };

  async #measureSize(variant: StoredVariant): Promise<void> {
    const shapes = await originalShapes(this.#workspace, this.#task);
    // Non-zeros are counted weight by weight, so that plans are answered in between; the counts are kept.
    for (const parameter of countParameters(variant.model).parameters) {
      nonzeroOf(parameter);
      await this.#task.breathe();
    }
    const open = this.#workspace.model();
    if (open.start.macs === undefined)
      open.start = { ...open.start, macs: countMacs(open.model, shapes).total };
    // Only a step that removes parts changes shapes, and a student brought along has its own; other steps compute what the original computes.
    const reshaped = variant.outcomes.some(({ step, planned: { predicted } }) =>
      predicted.macs === undefined
        ? methodById(step.method)?.needs.includes('shapes') === true
        : predicted.macs !== open.start.macs,
    );
    const own = reshaped
      ? countMacs(
          variant.model,
          await measureShapes(
            variant.model,
            this.#workspace.runtime(),
            await feedsFor(this.#workspace, variant.model),
            this.#task,
          ),
        ).total
      : open.start.macs;
    this.#keep(variant, {
      size: measureSize(variant.model, variant.sizeBytes, own),
      latency: undefined,
      accuracy: undefined,
      top5: undefined,
      fidelity: undefined,
      verdicts: [],
    });
  }

  async #measureQuality(variant: StoredVariant): Promise<void> {
    const original = await this.#original();
    const before = await this.#observe(original, await this.#referenceArm());
    const after =
      variant === original ? before : await this.#observe(variant, await this.#startArm(variant));
    this.#keep(variant, { ...this.#current(variant), ...qualityOf(before, after) });
  }

  async #observe(variant: StoredVariant, arm: LatencyArm): Promise<Observation> {
    const { data, settings } = this.#workspace;
    const kept = variant.observed.get(this.#conditions);
    if (kept !== undefined) return kept;
    const observation = await observe({
      model: variant.model,
      session: arm.session,
      data,
      source: data?.source ?? 'user',
      samples: settings.samples,
      dims: settings.dims,
      task: this.#task,
    });
    variant.observed.set(this.#conditions, observation);
    return observation;
  }

  async #measureLatency(variant: StoredVariant): Promise<void> {
    const original = await this.#original();
    const reference = await this.#referenceArm();
    const isOriginal = variant === original;
    const { device } = this.#workspace;
    const result = await measureLatency({
      runtime: this.#workspace.runtime(),
      reference,
      variants: isOriginal ? [] : [await this.#startArm(variant)],
      clock: { nowMs: () => performance.now() },
      task: this.#task,
      protocol: this.#body.quick ? latencyProtocols.quick : latencyProtocols.full,
      hidden: () => this.#workspace.hidden,
      softwareGpu: device?.webgpu.software ?? false,
    });
    const latency = isOriginal ? result.reference : result.variants[0];
    this.#keep(variant, { ...this.#current(variant), latency });
  }

  async #measureGzip(variant: StoredVariant): Promise<void> {
    const now = this.#current(variant);
    if (now.size.gzipBytes !== undefined) return;
    const parts = [variant.file.bytes, ...(variant.file.external ?? []).map(({ bytes }) => bytes)];
    const gzip = await gzipBytes(
      parts.map((bytes) => spanOf(bytes)),
      this.#task,
    );
    this.#keep(variant, { ...now, size: { ...now.size, gzipBytes: gzip } });
  }

  async #takeProfile(variant: StoredVariant): Promise<void> {
    this.#task.report({ phase: 'profiling', done: 0, total: 1 });
    const feeds = await feedsFor(this.#workspace, variant.model);
    this.#profile = await this.#workspace
      .runtime()
      .profile(variant.file, feeds, variant.sessionOptions);
  }

  async #judge(variant: StoredVariant): Promise<void> {
    const original = await this.#original();
    const before = original.measured.get(this.#conditions);
    const after = this.#current(variant);
    const [was, is] = [original, variant].map(
      (each) => each.observed.get(this.#conditions)?.predictions,
    );
    const open = this.#workspace.model();
    const verdicts = verdictsFor({
      backend: this.#workspace.settings.backend,
      steps: activeSteps(variant.recipe),
      before: before ?? after,
      after,
      profile: this.#profile,
      model: variant.model,
      discordant: was !== undefined && is !== undefined ? discordant(was, is) : undefined,
      skipped: variant.outcomes.flatMap(({ planned }) => planned.skipped),
      foldDequantize: variant.sessionOptions.foldDequantize,
      hasData: this.#workspace.data !== undefined,
      assumedDims: this.#workspace.data === undefined ? open.dims : undefined,
    });
    this.#keep(variant, { ...after, verdicts });
  }

  #original(): Promise<StoredVariant> {
    return buildVariant(this.#workspace, originalRecipe, this.#task);
  }

  #referenceArm(): Promise<LatencyArm> {
    this.#task.report({ phase: 'creating-session', done: 0, total: 1 });
    return this.#workspace.reference(() =>
      feedsFor(this.#workspace, this.#workspace.model().model),
    );
  }

  async #startArm(variant: StoredVariant): Promise<LatencyArm> {
    this.#arm ??= await coldStart(
      this.#workspace.runtime(),
      variant.file,
      await feedsFor(this.#workspace, variant.model),
      variant.sessionOptions,
    );
    return this.#arm;
  }

  async #releaseArm(variant: StoredVariant): Promise<void> {
    const session = this.#arm?.session;
    this.#arm = undefined;
    // After a kill there is nothing left to release; the reason reaches the page through the job itself.
    await session?.release().catch(() => undefined);
    if (variant.sizeBytes > retireBytes) this.#workspace.retireRuntime();
  }

  #current(variant: StoredVariant): Measurements {
    return variant.measured.get(this.#conditions) as Measurements;
  }

  #keep(variant: StoredVariant, measurements: Measurements): void {
    variant.measured.set(this.#conditions, measurements);
  }

  #tell(variant: StoredVariant): void {
    this.#context.partial(this.#snapshot(variant));
  }

  #snapshot(variant: StoredVariant): Evaluation {
    return {
      variant: variant.id,
      recipe: this.#body.recipe,
      hash: variant.hash,
      measurements: this.#current(variant),
      settings: this.#workspace.settings,
      dataset: this.#workspace.data?.name,
      steps: stepPlansOfRun(this.#body.recipe, variant.outcomes),
    };
  }
}

/** The quickest and most asked-for first. */
const order: readonly Wanted[] = ['accuracy', 'latency', 'noise', 'gzip', 'profile'];

/** Only termination gives wasm memory back: a runtime that held a model this large is not kept. */
const retireBytes = 100 * 1024 * 1024;
