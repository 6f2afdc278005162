import { EngineError } from '../../core/index.ts';
import { requiredInputs, type Model, type Value } from '../../graph/index.ts';
import type { Feeds, RuntimeTensor } from '../../runtime/index.ts';
import { float16sToFloat32s, numberToFloat16, type DType } from '../../tensor/index.ts';
import { floatsOf, floatTensor } from './float-tensors.ts';

/**
 * Feeds as one model takes them: by name, or by position where a model of one's own names its inputs otherwise; half floats as floats
 * and back. Teacher and student may differ in both. Throws `data/mismatch` where an input stays empty.
 */
export function fitFeeds(model: Model, feeds: Feeds): Feeds {
  const inputs = requiredInputs(model);
  const given = Object.entries(feeds);
  const fitted = inputs.map((input, i) => {
    const tensor =
      feeds[input.name] ?? (given.length === inputs.length ? given[i]?.[1] : undefined);
    if (tensor === undefined)
      throw new EngineError('data/mismatch', {
        where: `input "${input.name}"`,
        detail: `the data fills ${given.map(([name]) => name).join(', ') || 'nothing'}`,
      });
    return [input.name, inDtype(tensor, dtypeOf(input))] as const;
  });
  return Object.fromEntries(fitted);
}

const dtypeOf = (input: Value): DType | undefined =>
  input.type?.kind === 'tensor' ? input.type.dtype : undefined;

function inDtype(tensor: RuntimeTensor, dtype: DType | undefined): RuntimeTensor {
  if (dtype === tensor.dtype) return tensor;
  if (dtype === 'float32' && tensor.dtype === 'float16') return widened(tensor);
  if (dtype === 'float16' && tensor.dtype === 'float32') return narrowed(tensor);
  return tensor;
}

function widened(tensor: RuntimeTensor): RuntimeTensor {
  if (!(tensor.data instanceof Uint8Array)) return tensor;
  const bytes = tensor.data.slice();
  return floatTensor(tensor.dims, float16sToFloat32s(new Uint16Array(bytes.buffer)));
}

const narrowed = (tensor: RuntimeTensor): RuntimeTensor => ({
  dtype: 'float16',
  dims: tensor.dims,
  data: new Uint8Array(Uint16Array.from(floatsOf(tensor), numberToFloat16).buffer),
});

/** The batch size that the model's first input is fixed to; undefined: any. */
export function fixedBatch(model: Model): number | undefined {
  const type = requiredInputs(model)[0]?.type;
  const size = type?.kind === 'tensor' ? type.dims?.[0] : undefined;
  return typeof size === 'number' && size > 0 ? size : undefined;
}
