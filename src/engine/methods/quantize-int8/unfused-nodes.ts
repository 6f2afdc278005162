import { isGraphOutput, type Graph, type Node } from '../../graph/index.ts';
import type { BackendId } from '../../runtime/index.ts';
import { activationInputs } from './integer-operators.ts';
import type { Placement } from './place-pairs.ts';

/**
 * Integer nodes that will not fuse though their pairs stand right. On x86 and in WebAssembly ONNX Runtime has no kernels for int8
 * activations; it turns a Q/DQ pair from int8 into uint8 where the pair has one reader, and leaves it otherwise, so
 * that in a residual network all around a fork runs in float (seen in profiles of 1.30: ResNet-20 fuses 11 of 28 nodes in int8, all in
 * uint8). WebGPU fuses nothing: it computes in float between dequantized values.
 */
export function unfusedNodes(
  graph: Graph,
  placement: Placement,
  activations: 'uint8' | 'int8',
  backend: BackendId,
): ReadonlySet<Node> {
  if (backend === 'webgpu') return new Set(placement.integers.map(({ node }) => node));
  if (activations === 'uint8') return new Set();
  const forked = new Set(
    placement.values
      .map(({ value }) => value)
      .filter((value) => value.uses.length + (isGraphOutput(graph, value) ? 1 : 0) > 1),
  );
  const touchesFork = placement.integers.filter(
    ({ node, result }) =>
      (placement.quantizedResult.has(node) && forked.has(result)) ||
      activationInputs(node).some((index) => {
        const input = node.inputs[index];
        return input !== undefined && forked.has(input);
      }),
  );
  return new Set(touchesFork.map(({ node }) => node));
}
