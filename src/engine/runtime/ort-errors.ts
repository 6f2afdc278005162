import { EngineError, type ErrorCode } from '../core/index.ts';

/**
 * ONNX Runtime fails with plain Errors whose message is all there is. What can be told apart is: memory that was not
 * there (std::bad_alloc, a wasm or JS allocation that failed, SafeInt's refusal of a size past 2^63), and a trap
 * of the wasm instance, after which that instance is not to be used again. The rest keeps the code of the call that failed.
 */
export function mapOrtError(
  error: unknown,
  fallback: 'runtime/create-failed' | 'runtime/run-failed',
  where: string,
): EngineError {
  if (error instanceof EngineError) return error;
  const detail = messageOf(error);
  const code = classify(error, detail, fallback);
  const hint = hints[code];
  return new EngineError(code, hint === undefined ? { where, detail } : { where, detail, hint });
}

const outOfMemory = [
  /bad_alloc/i,
  /out of memory/i,
  /failed to allocate/i,
  /allocation failed/i,
  /SafeIntExceptionHandler|Integer overflow/i,
  /Invalid (typed )?array length/i,
  /Requested memory size .* exceeds/i,
];
const trapped = [
  /^unreachable/i,
  /Aborted\(/i,
  /memory access out of bounds/i,
  /null function or function signature/i,
];

function classify(error: unknown, detail: string, fallback: ErrorCode): ErrorCode {
  if (outOfMemory.some((pattern) => pattern.test(detail))) return 'runtime/out-of-memory';
  const isTrap = error instanceof Error && error.name === 'RuntimeError';
  if (isTrap || trapped.some((pattern) => pattern.test(detail))) return 'runtime/dead';
  return fallback;
}

const hints: Partial<Record<ErrorCode, string>> = {
  'runtime/create-failed':
    'ONNX Runtime refused this model: an operator, type or opset that this backend does not have, or a graph that is not valid',
  'runtime/run-failed':
    'Check the input shapes; a dynamic dimension may have been given a size the model cannot take',
  'runtime/out-of-memory':
    'Use a smaller batch or smaller inputs, close other tabs, or use the command line',
  'runtime/dead': 'The runtime has to be started again',
};

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return typeof error === 'string' || typeof error === 'number'
    ? `${error}`
    : 'failed without a message';
}
