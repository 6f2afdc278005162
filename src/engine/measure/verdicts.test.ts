import { describe, expect, it } from 'vitest';
import type { ProfiledNode } from '../runtime/index.ts';
import {
  verdictCodes,
  type LatencyMeasurement,
  type Measurements,
  type VerdictCode,
} from './measurement.ts';
import { toReport } from './to-report.ts';
import { speedChange, verdictsFor, type VerdictFacts } from './verdicts.ts';

const latency: LatencyMeasurement = {
  backend: 'wasm',
  threads: 1,
  createMs: 1,
  firstRunMs: 2,
  coldMs: 3,
  p50Ms: 4,
  p95Ms: 5,
  iqrMs: 0.5,
  runs: 60,
  speedup: 1,
  speedupLow: 0.99,
  speedupHigh: 1.01,
  noise: 0.005,
  drift: 1,
  caveats: [],
};
const measurements: Omit<Measurements, 'verdicts'> = {
  size: { sizeBytes: 1000, gzipBytes: 500, params: 100, nonzeroParams: 100, macs: 5000 },
  latency,
  accuracy: { metric: 'top1', value: 0.9, low: 0.88, high: 0.92, samples: 1000 },
  top5: undefined,
  fidelity: undefined,
};
const faster: LatencyMeasurement = { ...latency, speedup: 2, speedupLow: 1.9, speedupHigh: 2.1 };
const node = (opType: string, provider = 'CPUExecutionProvider'): ProfiledNode => ({
  name: opType,
  opType,
  provider,
  durationUs: 1,
  outputShapes: [],
});
const facts = (changes: Partial<VerdictFacts> = {}): VerdictFacts => ({
  backend: 'wasm',
  steps: [{ method: 'prune-channels' }],
  before: measurements,
  after: { ...measurements, latency: faster },
  ...changes,
});
const codes = (changes: Partial<VerdictFacts>): VerdictCode[] =>
  verdictsFor(facts(changes)).map(({ code }) => code);
const message = (changes: Partial<VerdictFacts>): string =>
  verdictsFor(facts(changes))
    .map((verdict) => verdict.message)
    .join(' ');

/** For every code: facts that draw it, and facts that must not. */
const cases: {
  readonly [Code in VerdictCode]: {
    readonly fires: Partial<VerdictFacts>;
    readonly says: string;
    readonly not: Partial<VerdictFacts>;
  };
} = {
  'zeros-not-faster': {
    fires: {
      steps: [{ method: 'prune-weights' }],
      after: { ...measurements, size: { ...measurements.size, nonzeroParams: 40 } },
    },
    says: '60 % of the weights are zero',
    not: {
      steps: [{ method: 'prune-weights' }],
      after: {
        ...measurements,
        latency: faster,
        size: { ...measurements.size, nonzeroParams: 40 },
      },
    },
  },
  'fell-back-to-cpu': {
    fires: {
      backend: 'webgpu',
      profile: [
        node('Conv', 'WebGpuExecutionProvider'),
        node('QuantizeLinear'),
        node('QuantizeLinear'),
      ],
    },
    says: '2 of 3 nodes fell back to the CPU (QuantizeLinear)',
    not: { backend: 'wasm', profile: [node('Conv')] },
  },
  'ran-in-float': {
    fires: {
      steps: [{ method: 'quantize-int8', mode: 'static' }],
      profile: [node('QLinearConv'), node('FusedConv'), node('Relu')],
    },
    says: '1 of 2 heavy nodes still ran in floating point (FusedConv)',
    not: { steps: [{ method: 'prune-channels' }], profile: [node('FusedConv')] },
  },
  'fused-int8': {
    fires: {
      steps: [{ method: 'quantize-int8', mode: 'static' }],
      profile: [node('QLinearConv'), node('QLinearConv')],
    },
    says: '2 of 2 heavy nodes ran in integers',
    not: { steps: [{ method: 'quantize-int8', mode: 'static' }], profile: [node('Conv')] },
  },
  'speedup-within-noise': {
    fires: {
      after: {
        ...measurements,
        latency: { ...latency, speedup: 1.04, speedupLow: 1.02, speedupHigh: 1.06, noise: 0.02 },
      },
    },
    says: '1.04× is within what measuring the same model twice varies by here (6.0 %)',
    not: {},
  },
  'slower-than-original': {
    fires: {
      after: {
        ...measurements,
        latency: { ...latency, speedup: 0.25, speedupLow: 0.24, speedupHigh: 0.26 },
      },
    },
    says: '4.00 times as long',
    not: {},
  },
  'depthwise-left-float': {
    fires: {
      skipped: [
        {
          opType: 'Conv',
          reason: 'grouped convolution runs at 0.25× the float speed in integers on wasm',
        },
      ],
    },
    says: '1 depthwise convolution was left',
    not: { skipped: [{ opType: 'Conv', reason: 'feeds an output' }] },
  },
  'copies-between-devices': {
    fires: { profile: [node('MemcpyToHost'), node('MemcpyFromHost'), node('Conv')] },
    says: '2 copies between CPU and GPU',
    not: { profile: [node('Conv')] },
  },
  'bits-stored-in-byte': { fires: {}, says: '', not: {} },
  'weight-only-folded': { fires: {}, says: '', not: {} },
  'accuracy-within-noise': {
    fires: {
      after: {
        ...measurements,
        accuracy: { metric: 'top1', value: 0.895, low: 0.87, high: 0.91, samples: 1000 },
      },
      discordant: { lost: 15, gained: 10 },
    },
    says: '−0.5 points) is within chance for 1000 samples',
    not: {
      after: {
        ...measurements,
        accuracy: { metric: 'top1', value: 0.895, low: 0.87, high: 0.91, samples: 1000 },
      },
      discordant: { lost: 9, gained: 0 },
    },
  },
  'calibrated-on-synthetic': {
    fires: { steps: [{ method: 'quantize-int8', mode: 'static' }], hasData: false },
    says: 'made-up inputs',
    not: { steps: [{ method: 'quantize-int8', mode: 'dynamic' }], hasData: false },
  },
  'shapes-assumed': {
    fires: { assumedDims: { N: 1, H: 224 } },
    says: 'N = 1, H = 224',
    not: { assumedDims: {} },
  },
};

/** Those drawn from a model's tensors are tested in stored-bits.test.ts. */
const fromModel: readonly VerdictCode[] = ['bits-stored-in-byte', 'weight-only-folded'];

describe('verdictsFor', () => {
  it.each(verdictCodes.filter((code) => !fromModel.includes(code)))(
    '%s is drawn from its facts, and from no others',
    (code) => {
      const { fires, says, not } = cases[code];
      expect(codes(fires)).toContain(code);
      expect(message(fires)).toContain(says);
      expect(codes(not)).not.toContain(code);
    },
  );

  it('says nothing about an untouched model', () => {
    expect(verdictsFor(facts({ steps: [], after: measurements }))).toEqual([]);
  });

  it('judges a model made elsewhere, whose steps nobody knows, where it is compared', () => {
    const after = {
      ...measurements,
      latency: { ...latency, speedup: 0.5, speedupLow: 0.49, speedupHigh: 0.51 },
    };
    expect(verdictsFor(facts({ steps: [], after }))).toEqual([]);
    expect(codes({ steps: [], after, isOriginal: false })).toEqual(['slower-than-original']);
  });

  it('compares intervals where the samples are not the same', () => {
    const far = {
      ...measurements,
      accuracy: { metric: 'top1' as const, value: 0.7, low: 0.67, high: 0.73, samples: 1000 },
    };
    expect(codes({ after: far })).not.toContain('accuracy-within-noise');
    const near = {
      ...measurements,
      accuracy: { metric: 'top1' as const, value: 0.89, low: 0.87, high: 0.91, samples: 1000 },
    };
    expect(codes({ after: near })).toContain('accuracy-within-noise');
  });
});

describe('speedChange', () => {
  it('believes a change only beyond 3 % and three times the noise', () => {
    const change = (speedup: number, half: number, noise: number) =>
      speedChange({
        ...latency,
        speedup,
        speedupLow: speedup - half,
        speedupHigh: speedup + half,
        noise,
      });
    expect(change(1.02, 0.005, 0.001)).toBe('within-noise');
    expect(change(1.05, 0.005, 0.001)).toBe('faster');
    expect(change(1.05, 0.005, 0.02)).toBe('within-noise');
    expect(change(0.9, 0.005, 0.01)).toBe('slower');
    expect(change(1.2, 0.3, 0.01)).toBe('within-noise');
  });
});

describe('toReport', () => {
  it('is the document of the command line, to the key', () => {
    const verdicts = verdictsFor(facts({ assumedDims: { N: 1 } }));
    expect(toReport({ ...measurements, verdicts }, 'model.onnx')).toEqual({
      file: 'model.onnx',
      sizeBytes: 1000,
      params: 100,
      nonzeroParams: 100,
      macs: 5000,
      latency: { backend: 'wasm', threads: 1, coldMs: 3, p50Ms: 4, p95Ms: 5, runs: 60, speedup: 1 },
      accuracy: { metric: 'top1', value: 0.9, low: 0.88, high: 0.92, samples: 1000 },
      fidelity: null,
      verdicts: [
        {
          code: 'shapes-assumed',
          message: 'Open sizes were taken as N = 1: latency and MACs hold for these.',
        },
      ],
    });
  });

  it('has null for what is not known or not finite', () => {
    const fidelity = {
      top1Agreement: undefined,
      sqnrDb: Infinity,
      maxAbsError: 0,
      samples: 3,
      inputs: 'synthetic' as const,
    };
    const report = toReport(
      {
        ...measurements,
        size: { ...measurements.size, macs: undefined },
        accuracy: undefined,
        latency: undefined,
        fidelity,
        verdicts: [],
      },
      'm',
    );
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({
      macs: null,
      latency: null,
      accuracy: null,
      fidelity: { top1Agreement: null, sqnrDb: null, maxAbsError: 0, samples: 3 },
    });
  });
});
