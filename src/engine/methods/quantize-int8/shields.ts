import { isOp, type Node, type Value } from '../../graph/index.ts';
import { constantOf } from '../shared/constant-of.ts';
import { clampOf } from './clamps.ts';

/**
 * A convolution left in float between two pairs (DequantizeLinear → Conv → QuantizeLinear) does not stay so: ONNX Runtime ≥ 1.21
 * quantizes its stored weights itself, per tensor, and fuses it (seen in profiles of 1.30: MobileNet's depthwise layers became QLinearConv, four
 * times slower and 6 dB worse). Two things keep it away, both free:
 *
 *   zero-point  behind a Relu or Clip: zero point qmin + 1. The grid then reaches one step below 0, the activation may not be
 *               dropped, and the pair does not touch the convolution.
 *   identity    with nothing in between: a LeakyRelu of slope 1, which the runtime fuses into the float convolution.
 */
export type Shield = 'zero-point' | 'identity';

/** How the pair on `value` has to be kept off a float layer, if at all. `integers`: nodes that run in integers; `quantized`: values with a pair. */
export function shieldFor(
  value: Value,
  integers: ReadonlySet<Node>,
  quantized: ReadonlySet<Value>,
): Shield | undefined {
  const { producer } = value;
  const clamp = clampOf(producer);
  const layer = clamp === undefined ? producer : producer?.inputs[0]?.producer;
  if (
    layer === undefined ||
    integers.has(layer) ||
    !isOp(layer, 'Conv', 'ConvTranspose', 'Gemm', 'MatMul')
  )
    return undefined;
  const [x, weight] = layer.inputs;
  if (x === undefined || !quantized.has(x) || constantOf(weight) === undefined) return undefined;
  return clamp === undefined ? 'identity' : 'zero-point';
}
