import type { ErrorCode, Phase, VerdictCode } from '../../../engine/forms.ts';
import type { LatencyCaveat } from '../../../engine/index.ts';

/** The engine's closed sets of codes in words. A code without words does not compile. */
export type CodeKey =
  | `error.${ErrorCode}`
  | `phase.${Phase}`
  | `verdict.${VerdictCode}`
  | `caveat.${LatencyCaveat}`;

export const codes = {
  'error.file/empty': 'The file is empty.',
  'error.file/not-onnx': 'This is not an ONNX model.',
  'error.file/too-large': 'The file is too large for this browser.',
  'error.onnx/truncated': 'The file ends in the middle: it was cut off.',
  'error.onnx/malformed': 'The file is damaged.',
  'error.onnx/too-deep': 'Graphs are nested too deeply in this file.',
  'error.onnx/too-new': 'The file uses a newer version of ONNX than this program knows.',
  'error.onnx/no-graph': 'The file holds no graph.',
  'error.onnx/no-opset': 'The file does not say which version of the operators it uses.',
  'error.onnx/bad-dims': 'A tensor has impossible sizes.',
  'error.onnx/bad-type': 'A tensor has a type that ONNX does not know.',
  'error.onnx/size-mismatch': 'A tensor’s bytes do not fit its sizes.',
  'error.onnx/duplicate-name': 'Two values in the graph have the same name.',
  'error.onnx/dangling': 'A node reads a value that nothing computes.',
  'error.onnx/cycle': 'The graph runs in a circle.',
  'error.onnx/external-missing': 'A file with weights is missing. Drop it together with the model.',
  'error.onnx/external-path': 'The model names a data file by a path that is not allowed.',
  'error.onnx/external-range': 'The model reads beyond the end of its data file.',
  'error.onnx/unsupported': 'The model uses a part of ONNX that is not supported here.',
  'error.graph/invalid': 'The graph is not consistent.',
  'error.runtime/unavailable': 'This backend is not available here.',
  'error.runtime/create-failed': 'ONNX Runtime refuses this model.',
  'error.runtime/run-failed': 'ONNX Runtime failed while running the model.',
  'error.runtime/out-of-memory': 'The model needs more memory than the browser gives.',
  'error.runtime/hung': 'The run did not end and was stopped.',
  'error.runtime/dead': 'The worker stopped unexpectedly.',
  'error.runtime/bad-input': 'The input does not fit the model.',
  'error.data/unreadable': 'The data is damaged.',
  'error.data/unsupported': 'This kind of data is not supported.',
  'error.data/mismatch': 'The data does not fit the model.',
  'error.data/empty': 'There are no samples in this data.',
  'error.data/labels-missing': 'The data has no labels.',
  'error.recipe/invalid': 'The recipe has a mistake.',
  'error.recipe/too-new': 'The recipe was written by a newer version of Whittle.',
  'error.recipe/unknown-method': 'The recipe names a technique that does not exist here.',
  'error.method/refused': 'This step cannot be done to this model.',
  'error.train/no-rule': 'The model cannot be trained: an operator has no gradient here.',
  'error.train/diverged': 'The training diverged.',
  'error.train/not-trained': 'A step of this recipe has to be trained first.',
  'error.train/elsewhere': 'This training is running in another tab.',
  'error.export/mismatch': 'The written file does not do what the variant on screen does.',
  'error.cancelled': 'Cancelled.',
  'error.argument/invalid': 'That does not exist here.',
  'error.detail': 'Technical detail',
  'phase.reading': 'reading the file',
  'phase.checking': 'checking the graph',
  'phase.shapes': 'measuring shapes',
  'phase.analysing': 'analysing',
  'phase.loading-data': 'loading data',
  'phase.calibrating': 'calibrating',
  'phase.pruning': 'pruning',
  'phase.quantizing': 'quantizing',
  'phase.creating-session': 'creating a session',
  'phase.warming-up': 'warming up',
  'phase.measuring-latency': 'measuring latency',
  'phase.measuring-accuracy': 'measuring accuracy',
  'phase.measuring-noise': 'measuring A against A',
  'phase.profiling': 'profiling',
  'phase.predicting': 'comparing predictions',
  'phase.sweeping': 'sweeping',
  'phase.training': 'training',
  'phase.generating': 'writing text',
  'phase.writing': 'writing the file',
  'phase.verifying': 'verifying',
  'phase.compressing': 'compressing',
  'verdict.zeros-not-faster':
    '{percent} % of the weights are zero, but dense kernels multiply by zeros like by anything else: zeros make the file compress better, not run faster.',
  'verdict.fell-back-to-cpu':
    '{nodes} of {total} nodes fell back to the CPU ({operators}): the GPU has no kernel for them.',
  'verdict.ran-in-float':
    '{nodes} of {total} heavy nodes still ran in floating point ({operators}).',
  'verdict.fused-int8':
    '{nodes} of {total} heavy nodes ran in integers, with quantization fused into them.',
  'verdict.speedup-within-noise':
    'The speedup of {speedup} × is within what measuring the same model twice varies by here ({threshold} %): no difference shown.',
  'verdict.slower-than-original': 'It runs {factor} times as long as the original on this device.',
  'verdict.depthwise-left-float':
    'Depthwise convolutions left in floating point: {nodes}. In integers they run slower on this backend.',
  'verdict.copies-between-devices': 'Copies between CPU and GPU in every run: {nodes}.',
  'verdict.bits-stored-in-byte':
    '{weights} weights of {asked} bits lie in {stored} bits each: the format has no smaller place for them, so the file does not shrink further.',
  'verdict.weight-only-folded':
    'Compressed weights unpacked to floating point when the session is made: {weights}. The file is smaller, the arithmetic is the original’s.',
  'verdict.accuracy-within-noise':
    'The difference in accuracy ({points} points) is within chance for {samples} samples.',
  'verdict.calibrated-on-synthetic':
    'The ranges of its integers were taken from made-up inputs, which are unlike real ones: give data before relying on its accuracy.',
  'verdict.shapes-assumed': 'Open sizes were taken as {sizes}: latency and MACs hold for these.',
  'caveat.hidden-tab': 'The tab was hidden while measuring: latency may be too long.',
  'caveat.coarse-clock': 'The clock of this page is coarse: short times are less certain.',
  'caveat.drift': 'Latency drifted while measuring: the device was warming up or busy.',
  'caveat.software-gpu': 'The GPU is emulated in software: its speed says nothing.',
  'caveat.few-runs': 'Few runs were timed: the full protocol follows when the device is idle.',
} as const satisfies Record<CodeKey | 'error.detail', string>;
