import { isOp, type Model } from '../../graph/index.ts';
import type { BackendId, SessionOptions } from '../../runtime/index.ts';
import { constantOf } from './constant-of.ts';

/**
 * How a model with quantized weights has to be loaded. ONNX Runtime keeps DequantizeLinear of a constant in the graph, because it may be part
 * of an int8 fusion; in a model that has none it then runs at every inference, or is rewritten to MatMulNBits, which in
 * WebAssembly takes 2–9 times as long as the float product (measured: platform facts A5). `session.disable_quant_qdq` lets constant folding turn
 * the weights back into floats once, at load. The same option would undo the fusion of a model that also quantizes activations,
 * so it is set only where there is no QuantizeLinear.
 */
export function sessionOptionsFor(model: Model, backend: BackendId = 'wasm'): SessionOptions {
  return backend !== 'native' && foldsDequantize(model) ? { foldDequantize: true } : {};
}

/** True when the model dequantizes stored weights and quantizes no activation. */
export function foldsDequantize(model: Model): boolean {
  const { nodes } = model.graph;
  if (nodes.some((node) => isQuantize(node.opType))) return false;
  return nodes.some(
    (node) => isOp(node, 'DequantizeLinear') && constantOf(node.inputs[0]) !== undefined,
  );
}

const isQuantize = (opType: string): boolean => opType === 'QuantizeLinear';

/** Model metadata for programs other than this one: the session option the file is meant to be loaded with. */
export const foldHint = { key: 'whittle.session.disable_quant_qdq', text: '1' } as const;
