import type { Verdict, VerdictCode } from './measurement.ts';

/** Numbers that fill each sentence. A row per code: the compiler says which one is missing. */
export interface VerdictData {
  /** `percent` of the weights are zero; `nodes` counts are of the profile. */
  'zeros-not-faster': { readonly percent: number };
  'fell-back-to-cpu': {
    readonly nodes: number;
    readonly total: number;
    readonly operators: string;
  };
  'ran-in-float': { readonly nodes: number; readonly total: number; readonly operators: string };
  'fused-int8': { readonly nodes: number; readonly total: number };
  /** `threshold`: smallest change that would be believed, in percent. */
  'speedup-within-noise': { readonly speedup: number; readonly threshold: number };
  'slower-than-original': { readonly factor: number };
  'depthwise-left-float': { readonly nodes: number };
  'copies-between-devices': { readonly nodes: number };
  'bits-stored-in-byte': {
    readonly weights: number;
    readonly asked: number;
    readonly stored: number;
  };
  'weight-only-folded': { readonly weights: number };
  /** `points`: difference in percentage points; `p` of McNemar's test, or 1 where only the intervals were compared. */
  'accuracy-within-noise': { readonly points: number; readonly samples: number };
  'calibrated-on-synthetic': Readonly<Record<string, never>>;
  'shapes-assumed': { readonly sizes: string };
}

type Sentences = { readonly [Code in VerdictCode]: (data: VerdictData[Code]) => string };

const of = (count: number, total: number): string => `${count} of ${total}`;

const sentences: Sentences = {
  'zeros-not-faster': ({ percent }) =>
    `${percent.toFixed(0)} % of the weights are zero, but dense kernels multiply by zeros like by anything else: zeros make the file compress better, not run faster.`,
  'fell-back-to-cpu': ({ nodes: count, total, operators }) =>
    `${of(count, total)} nodes fell back to the CPU (${operators}): the GPU has no kernel for them.`,
  'ran-in-float': ({ nodes: count, total, operators }) =>
    `${of(count, total)} heavy nodes still ran in floating point (${operators}).`,
  'fused-int8': ({ nodes: count, total }) =>
    `${of(count, total)} heavy nodes ran in integers, with quantization fused into them.`,
  'speedup-within-noise': ({ speedup, threshold }) =>
    `The speedup of ${speedup.toFixed(2)}× is within what measuring the same model twice varies by here (${threshold.toFixed(1)} %): no difference shown.`,
  'slower-than-original': ({ factor }) =>
    `It runs ${factor.toFixed(2)} times as long as the original on this device.`,
  'depthwise-left-float': ({ nodes: count }) =>
    `${count === 1 ? '1 depthwise convolution was' : `${count} depthwise convolutions were`} left in floating point: in integers they run slower on this backend.`,
  'copies-between-devices': ({ nodes: count }) =>
    `${count === 1 ? '1 copy' : `${count} copies`} between CPU and GPU in every run.`,
  'bits-stored-in-byte': ({ weights, asked, stored }) =>
    `${weights === 1 ? '1 weight' : `${weights} weights`} of ${asked} bits lie in ${stored} bits each: the format has no smaller place for them, so the file does not shrink further.`,
  'weight-only-folded': ({ weights }) =>
    `${weights === 1 ? '1 compressed weight is' : `${weights} compressed weights are`} unpacked to floating point when the session is made: the file is smaller, the arithmetic is the original's.`,
  'accuracy-within-noise': ({ points, samples }) =>
    `The difference in accuracy (${points >= 0 ? '+' : '−'}${Math.abs(points).toFixed(1)} points) is within chance for ${samples} samples.`,
  'calibrated-on-synthetic': () =>
    'The ranges of its integers were taken from made-up inputs, which are unlike real ones: give data before relying on its accuracy.',
  'shapes-assumed': ({ sizes }) =>
    `Open sizes were taken as ${sizes}: latency and MACs hold for these.`,
};

export function verdict<Code extends VerdictCode>(code: Code, data: VerdictData[Code]): Verdict {
  return { code, data: { ...data }, message: sentences[code](data) };
}
