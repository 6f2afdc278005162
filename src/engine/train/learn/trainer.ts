import { toModelFile } from '../../onnx/index.ts';
import type { CarriedRun, Feeds, Runtime, RuntimeTensor, Session } from '../../runtime/index.ts';
import { tensorBytes } from '../../tensor/index.ts';
import { partMetric, partNames } from '../losses/build-objective.ts';
import type { LearnRequest } from '../learning.ts';
import { nodesForCpu } from '../nodes-for-cpu.ts';
import { averageDecay, type Schedule } from '../schedule.ts';
import type { StateSlot } from '../training-graph.ts';
import { fitFeeds } from './fit-feeds.ts';
import { scalarOf, scalarTensor } from './float-tensors.ts';
import type { MadeBatch } from './make-batches.ts';
import type { Prepared } from './prepare.ts';
import { scheduleOf } from './settings.ts';

export interface StepLoss {
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** The training graph in a session, with everything that it carries from run to run kept there. */
export class Trainer {
  readonly #request: LearnRequest;
  readonly #prepared: Prepared;
  readonly #session: Session;
  readonly #carried: CarriedRun;
  readonly #rate: Schedule;
  /** Shown name → output. */
  readonly #parts: ReadonlyMap<string, string>;

  private constructor(
    request: LearnRequest,
    prepared: Prepared,
    session: Session,
    carried: CarriedRun,
  ) {
    this.#request = request;
    this.#prepared = prepared;
    this.#session = session;
    this.#carried = carried;
    this.#rate = scheduleOf(request.settings, prepared.pace.steps);
    this.#parts = new Map(
      partNames(request.objective).map((name) => [
        name,
        prepared.graph.metrics.get(partMetric(name)) ?? '',
      ]),
    );
  }

  static async open(request: LearnRequest, prepared: Prepared, runtime: Runtime): Promise<Trainer> {
    const { model, state } = prepared.graph;
    const session = await runtime.create(toModelFile(model), {
      carried: state.map((slot) => slot.output),
      onCpu: nodesForCpu(model),
    });
    try {
      const pairs = state.map(({ input, output }) => ({ input, output }));
      const initial = Object.fromEntries(state.map((slot) => [slot.input, initialOf(slot)]));
      const carried = await session.carry({ pairs, initial });
      return new Trainer(request, prepared, session, carried);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  learningRate(step: number): number {
    return this.#rate(step);
  }

  /** One step: as many runs as are accumulated. `step` from 0. */
  async step(
    step: number,
    batches: readonly { batch: MadeBatch; targets: Feeds }[],
  ): Promise<StepLoss> {
    const { graph } = this.#prepared;
    const fetches = [graph.loss, ...this.#parts.values()];
    const sums = new Map<string, number>(fetches.map((name) => [name, 0]));
    for (const [run, { batch, targets }] of batches.entries()) {
      const feeds = this.#feeds(step, batch, targets, run, batches.length);
      const results = await this.#carried.step(feeds, fetches);
      for (const name of fetches)
        sums.set(name, (sums.get(name) ?? 0) + scalarOf(results[name]) / batches.length);
    }
    return {
      loss: sums.get(graph.loss) ?? Number.NaN,
      parts: Object.fromEntries(
        [...this.#parts].map(([name, output]) => [name, sums.get(output) ?? Number.NaN]),
      ),
    };
  }

  read(): Promise<Feeds> {
    return this.#carried.read();
  }

  write(state: Feeds): Promise<void> {
    return this.#carried.write(state);
  }

  async release(): Promise<void> {
    await this.#carried.release();
    await this.#session.release();
  }

  #feeds(step: number, batch: MadeBatch, targets: Feeds, run: number, runs: number): Feeds {
    const { graph } = this.#prepared;
    const feeds: Record<string, RuntimeTensor> = {
      ...fitFeeds(this.#request.student, batch.inputs),
    };
    for (const [input, name] of graph.targets) {
      const given = batch.labels[name] ?? targets[name];
      if (given !== undefined) feeds[input] = given;
    }
    feeds[graph.learningRate] = scalarTensor(this.#rate(step));
    for (const [name, at] of graph.scalars) feeds[name] = scalarTensor(at(step));
    const { averageDecay: decay } = this.#request.settings;
    if (graph.averageDecay !== undefined && decay !== undefined)
      feeds[graph.averageDecay] = scalarTensor(averageDecay(decay)(step));
    if (graph.accumulation !== undefined) {
      feeds[graph.accumulation.carried] = scalarTensor(run === 0 ? 0 : 1);
      feeds[graph.accumulation.share] = scalarTensor(1 / runs);
      const last = Uint8Array.of(run === runs - 1 ? 1 : 0);
      feeds[graph.accumulation.apply] = { dtype: 'bool', dims: [], data: last };
    }
    return feeds;
  }
}

const initialOf = ({ initial }: StateSlot): RuntimeTensor => ({
  dtype: initial.dtype,
  dims: initial.dims,
  data: tensorBytes(initial),
});

/** The weights that a state stands for, by constant: averages where they are kept, and running statistics. */
export function weightsOf({ graph }: Prepared, state: Feeds): Feeds {
  const averaged = graph.state.some((slot) => slot.role === 'average');
  const role = averaged ? 'average' : 'weight';
  return Object.fromEntries(
    graph.state
      .filter((slot) => slot.role === role || slot.role === 'running')
      .map((slot) => [slot.of.name, state[slot.input] as RuntimeTensor]),
  );
}

/** The loss's own weights, in their order. */
export const helpersOf = ({ graph }: Prepared, state: Feeds): RuntimeTensor[] =>
  graph.state
    .filter((slot) => slot.role === 'helper')
    .map((slot) => state[slot.input] as RuntimeTensor);
