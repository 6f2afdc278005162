import { countParameters, nonzeroElements, nonzeroOf } from '../../analysis/index.ts';
import type { Model } from '../../graph/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { blankNonzero, isBlank } from './blank-tensor.ts';

/** Exact parameter counts of a preview: `nonzeroParams` is absent when a blank tensor does not know its own. */
export function previewParams(preview: Model): {
  readonly params: number;
  readonly nonzeroParams?: number;
} {
  const { total, parameters } = countParameters(preview);
  let nonzero: number | undefined = 0;
  for (const parameter of parameters) {
    const { tensor } = parameter;
    const here =
      'values' in tensor || !isBlank(tensor) ? nonzeroOf(parameter) : blankNonzero(tensor);
    if (here === undefined) return { params: total };
    nonzero += here;
  }
  return { params: total, nonzeroParams: nonzero };
}

/** Non-zero elements of a tensor that may be blank. */
export const nonzeroIn = (tensor: Tensor): number | undefined =>
  isBlank(tensor) ? blankNonzero(tensor) : nonzeroElements(tensor);
