import { createRng, type Clock, type Rng } from '../../core/index.ts';
import type {
  CarriedLoop,
  CarriedRun,
  Feeds,
  RuntimeTensor,
  Session,
  ValueInfo,
} from '../../runtime/index.ts';

/** A machine that exists only in numbers: its clock moves when a session runs, and by nothing else. */
export interface FakeMachine {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Multiplies every run's time: drift and bursts are put in here. */
  slowness: (nowMs: number) => number;
  advance(ms: number): void;
}

export function createFakeMachine(seed: number): FakeMachine {
  let now = 0;
  return {
    clock: { nowMs: () => now },
    rng: createRng(seed),
    slowness: () => 1,
    advance: (ms) => {
      now += ms;
    },
  };
}

export interface FakeSessionOptions {
  /** True time of one run, ms. */
  readonly runMs: number;
  /** Spread of one run's time, as a share of it (log-normal). */
  readonly noise?: number;
  /** The first runs take this many times as long. */
  readonly coldRuns?: { readonly count: number; readonly factor: number };
  readonly createMs?: number;
  readonly inputs?: readonly ValueInfo[];
  readonly outputs?: readonly ValueInfo[];
  readonly compute?: (
    feeds: Readonly<Record<string, RuntimeTensor>>,
  ) => Record<string, RuntimeTensor>;
}

/** A session of known speed on such a machine; `calls` tells what was asked of it. */
export function createFakeSession(
  machine: FakeMachine,
  options: FakeSessionOptions,
): Session & { readonly calls: { samples: number; runs: number }[] } {
  const { runMs, noise = 0, coldRuns = { count: 0, factor: 1 } } = options;
  const calls: { samples: number; runs: number }[] = [];
  let ran = 0;
  const runOnce = (): number => {
    const cold = ran++ < coldRuns.count ? coldRuns.factor : 1;
    const ms =
      runMs *
      cold *
      machine.slowness(machine.clock.nowMs()) *
      Math.exp(noise * machine.rng.normal());
    machine.advance(ms);
    return ms;
  };
  return {
    inputs: options.inputs ?? [],
    outputs: options.outputs ?? [],
    createMs: options.createMs ?? 1,
    calls,
    run: (feeds) => {
      runOnce();
      return Promise.resolve(options.compute?.(feeds) ?? {});
    },
    time: (_feeds, samples, runsPerSample) => {
      calls.push({ samples, runs: runsPerSample });
      return Promise.resolve(
        Float64Array.from({ length: samples }, () => {
          let total = 0;
          for (let i = 0; i < runsPerSample; i++) total += runOnce();
          return total / runsPerSample;
        }),
      );
    },
    carry: (loop) => Promise.resolve(carriedOver(loop, runOnce, options.compute)),
    release: () => Promise.resolve(),
  };
}

/** The outputs of one `compute` are the inputs of the next. */
function carriedOver(
  { pairs, initial }: CarriedLoop,
  runOnce: () => number,
  compute: FakeSessionOptions['compute'],
): CarriedRun {
  let state: Feeds = initial;
  return {
    step: (feeds, fetches) => {
      runOnce();
      const outputs = compute?.({ ...feeds, ...state }) ?? {};
      const one = (name: string): RuntimeTensor => {
        const tensor = outputs[name];
        if (tensor === undefined) throw new Error(`the fake session computes no ${name}`);
        return tensor;
      };
      state = Object.fromEntries(pairs.map(({ input, output }) => [input, one(output)]));
      return Promise.resolve(Object.fromEntries(fetches.map((name) => [name, one(name)])));
    },
    read: () => Promise.resolve(state),
    write: (next) => {
      state = next;
      return Promise.resolve();
    },
    release: () => Promise.resolve(),
  };
}
