import { EngineError } from '../../core/index.ts';
import { typedView, type Tensor } from '../../tensor/index.ts';

/** The numbers of a float32 tensor: a view of its bytes wherever their address allows it. Not to be written to. */
export function floatValues(tensor: Tensor): Float32Array {
  if (tensor.dtype !== 'float32') throw new TypeError(`${tensor.dtype} is not float32`);
  return typedView({ ...tensor, dtype: 'float32' });
}

/** A weight that is not a number, or infinite, has no place on any grid: refuses, naming it. */
export function finiteValues(tensor: Tensor, name: string): Float32Array {
  const values = floatValues(tensor);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value !== 0)
      throw new EngineError('method/refused', {
        where: name,
        detail: `element ${i} of the weight is ${value}, which cannot be quantized`,
        hint: 'Repair the model, or name the layer in "keep"',
      });
  }
  return values;
}
