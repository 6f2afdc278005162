import { describe, expect, it } from 'vitest';
import type { Runtime, Session } from '../runtime/index.ts';
import { latencyProtocols, type LatencyProtocol } from './latency-protocol.ts';
import { coldStart, measureLatency, type LatencyArm, type LatencyResult } from './latency.ts';
import {
  createFakeMachine,
  createFakeSession,
  type FakeMachine,
  type FakeSessionOptions,
} from './testing/fake-session.ts';

const runtime = { backend: 'wasm', threads: 2, coarseClock: false } as const;
const arm = (session: Session): LatencyArm => ({ session, feeds: {}, firstRunMs: 7 });

interface Setup {
  readonly seed?: number;
  readonly reference?: Partial<FakeSessionOptions>;
  readonly variants: readonly FakeSessionOptions[];
  readonly protocol?: LatencyProtocol;
  readonly slowness?: (nowMs: number) => number;
  readonly hidden?: (machine: FakeMachine) => boolean;
}

async function measured({
  seed = 1,
  reference,
  variants,
  protocol,
  slowness,
  hidden,
}: Setup): Promise<LatencyResult & { machine: FakeMachine }> {
  const machine = createFakeMachine(seed);
  if (slowness !== undefined) machine.slowness = slowness;
  const result = await measureLatency({
    runtime,
    reference: arm(createFakeSession(machine, { runMs: 4, noise: 0.05, ...reference })),
    variants: variants.map((options) => arm(createFakeSession(machine, options))),
    clock: machine.clock,
    ...(protocol === undefined ? {} : { protocol }),
    ...(hidden === undefined ? {} : { hidden: () => hidden(machine) }),
  });
  return { ...result, machine };
}

const only = (result: LatencyResult) => {
  const [variant] = result.variants;
  if (variant === undefined) throw new Error('no variant');
  return variant;
};

describe('measureLatency', () => {
  it('finds a known ratio of speeds', async () => {
    const result = await measured({
      variants: [
        { runMs: 1.6, noise: 0.05 },
        { runMs: 8, noise: 0.05 },
      ],
    });
    const [fast, slow] = result.variants;
    expect(fast?.speedup).toBeGreaterThan(2.46);
    expect(fast?.speedup).toBeLessThan(2.54);
    expect(slow?.speedup).toBeGreaterThan(0.49);
    expect(slow?.speedup).toBeLessThan(0.51);
    expect(fast?.p50Ms).toBeCloseTo(1.6, 1);
    expect(result.reference.p50Ms).toBeCloseTo(4, 1);
    expect(result.reference.speedup).toBe(1);
    expect(only(result).coldMs).toBe(8);
  });

  it('finds no difference between A and A, within 3 %', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const result = await measured({ seed, variants: [{ runMs: 4, noise: 0.05 }] });
      const variant = only(result);
      expect(Math.abs(variant.speedup - 1)).toBeLessThan(0.03);
      expect((variant.speedupHigh - variant.speedupLow) / 2).toBeLessThan(0.03);
      expect(variant.noise).toBeLessThan(0.03);
    }
  });

  it('covers the true ratio with its interval in about 95 % of 200 seeded repeats', async () => {
    let covered = 0;
    let claimed = 0;
    for (let seed = 0; seed < 200; seed++) {
      const variant = only(
        await measured({
          seed,
          reference: { runMs: 25, noise: 0.1 },
          variants: [{ runMs: 20, noise: 0.1 }],
          protocol: { ...latencyProtocols.full, minArmMs: 0, sampleMs: 1 },
        }),
      );
      // E[(A + A′) ÷ 2] is not its median: the true median of the paired ratio, by the two-sample mean of log-normals.
      if (variant.speedupLow <= 1.2531 && variant.speedupHigh >= 1.2531) covered++;
      if (variant.speedupLow > 1) claimed++;
    }
    expect(covered / 200).toBeGreaterThan(0.92);
    expect(claimed).toBe(200); // 25 % faster is never taken for noise
  });

  it('is not misled by a machine that slows down all the while', async () => {
    const result = await measured({
      reference: { noise: 0.01 },
      variants: [{ runMs: 4, noise: 0.01 }],
      slowness: (now) => 1 + now / 5000,
    });
    expect(Math.abs(only(result).speedup - 1)).toBeLessThan(0.01);
    expect(only(result).drift).toBeGreaterThan(1.1);
    expect(only(result).caveats).toContain('drift');
  });

  it('leaves the first, slow runs to the warm-up', async () => {
    const result = await measured({
      reference: { noise: 0 },
      variants: [{ runMs: 2, coldRuns: { count: 6, factor: 20 } }],
    });
    expect(only(result).speedup).toBeCloseTo(2, 6);
    expect(only(result).p95Ms).toBeCloseTo(2, 6);
  });

  it('times several runs a sample when one is short, one when it is long', async () => {
    const machine = createFakeMachine(3);
    const short = createFakeSession(machine, { runMs: 0.0625 });
    const long = createFakeSession(machine, { runMs: 50 });
    const { variants } = await measureLatency({
      runtime,
      reference: arm(short),
      variants: [arm(long)],
      clock: machine.clock,
    });
    expect(short.calls.at(-1)?.runs).toBe(320);
    expect(long.calls.at(-1)?.runs).toBe(1);
    expect(variants[0]?.speedup).toBeCloseTo(0.00125, 6);
  });

  it('discards rounds of a hidden tab, and says so when there are no others', async () => {
    const spike = (now: number): number => (now > 2000 && now < 4000 ? 10 : 1);
    const partly = await measured({
      variants: [{ runMs: 4, noise: 0.05 }],
      slowness: spike,
      hidden: ({ clock }) => clock.nowMs() > 2000 && clock.nowMs() < 4000,
    });
    expect(only(partly).caveats).toEqual([]);
    expect(partly.reference.p95Ms).toBeLessThan(5);
    const always = await measured({ variants: [{ runMs: 4 }], hidden: () => true });
    expect(only(always).caveats).toContain('hidden-tab');
  });

  it('answers within 0.6 s in quick mode, and says that its rounds are few for a slow model', async () => {
    const quick = await measured({
      variants: [{ runMs: 2, noise: 0.05 }],
      protocol: latencyProtocols.quick,
    });
    expect(quick.machine.clock.nowMs()).toBeLessThan(600);
    expect(only(quick).speedup).toBeGreaterThan(1.85);
    expect(only(quick).speedup).toBeLessThan(2.15);
    expect(only(quick).caveats).toEqual([]);
    const slow = await measured({
      reference: { runMs: 300 },
      variants: [{ runMs: 150 }],
      protocol: latencyProtocols.quick,
    });
    expect(only(slow).caveats).toContain('few-runs');
  });

  it('ends at the cap', async () => {
    const { machine } = await measured({ reference: { runMs: 2000 }, variants: [{ runMs: 2000 }] });
    expect(machine.clock.nowMs()).toBeLessThan(60_000);
  });

  it('gives the reference alone its noise', async () => {
    const { reference, variants } = await measured({ variants: [] });
    expect(variants).toEqual([]);
    expect(reference.speedupLow).toBeLessThanOrEqual(1);
    expect(reference.speedupHigh).toBeGreaterThanOrEqual(1);
  });
});

describe('coldStart', () => {
  it('times the first run apart, and releases the session when it fails', async () => {
    const machine = createFakeMachine(1);
    const session = createFakeSession(machine, {
      runMs: 3,
      createMs: 11,
      coldRuns: { count: 1, factor: 5 },
    });
    let released = false;
    const host = (made: Session): Runtime => ({
      ...runtime,
      create: () => Promise.resolve(made),
      profile: () => Promise.resolve([]),
      dispose: () => Promise.resolve(),
    });
    const started = await coldStart(host(session), { bytes: new Uint8Array() }, {});
    expect([started.firstRunMs, started.session.createMs]).toEqual([15, 11]);
    const broken: Session = {
      ...session,
      time: () => Promise.reject(new Error('no')),
      release: () => {
        released = true;
        return Promise.resolve();
      },
    };
    await expect(coldStart(host(broken), { bytes: new Uint8Array() }, {})).rejects.toThrow('no');
    expect(released).toBe(true);
  });
});
