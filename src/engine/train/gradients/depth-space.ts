import { attributeInt, attributeString, intAttribute } from '../../graph/index.ts';
import { reshape, transpose } from './expressions.ts';
import type { GradientRule } from './rule.ts';

/** DepthToSpace and SpaceToDepth only move elements: each undoes the other (x [N, C·b·b, H, W], y [N, C, H·b, W·b]). */

export const depthToSpaceGradient: GradientRule = ({ edit, node, dy, dims, input }) => {
  const block = attributeInt(node, 'blocksize', 1);
  if (attributeString(node, 'mode', 'DCR') === 'DCR')
    return [edit.op('SpaceToDepth', [dy], { blocksize: intAttribute(block) })];
  // CRD keeps a channel's block together, which SpaceToDepth does not know.
  const [, depth, height, width] = dims(input(0)) as [number, number, number, number];
  const channels = depth / (block * block);
  const apart = reshape(edit, dy, [0, channels, height, block, width, block]);
  return [reshape(edit, transpose(edit, apart, [0, 1, 3, 5, 2, 4]), [0, depth, height, width])];
};

export const spaceToDepthGradient: GradientRule = ({ edit, node, dy }) => [
  edit.op('DepthToSpace', [dy], { blocksize: intAttribute(attributeInt(node, 'blocksize', 1)) }),
];
