import {
  intAttribute,
  isOp,
  shortName,
  type ModelEdit,
  type Node,
  type Value,
} from '../../graph/index.ts';
import { makeTensor, packBits, type Tensor } from '../../tensor/index.ts';
import { blankTensor } from '../shared/blank-tensor.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import type { BlockCodes } from './block-grid.ts';
import { formBlocks, type StoredForm } from './stored-form.ts';

/**
 * com.microsoft.MatMulNBits (onnxruntime docs/ContribOperators.md): y = x · Bᵀ with B stored as
 *
 *   B           uint8 [N, blocks, blockSize·bits/8]   codes of a block, first in the lowest bits; the last block is padded
 *   scales      float32 [N·blocks]
 *   zero_points uint8 [N · ceil(blocks·bits/8)]       each row of N packed on its own; left out: 2^(bits−1)
 */
export interface NBitsTensors {
  readonly codes: Tensor;
  readonly scales: Tensor;
  readonly zeroPoints: Tensor | undefined;
}

const sizes = (
  form: StoredForm,
): { lanes: number; blocks: number; blobBytes: number; zeroBytes: number } => {
  const blocks = formBlocks(form);
  return {
    lanes: form.matrix.view.lanes,
    blocks,
    blobBytes: (form.blockSize * form.width) / 8,
    zeroBytes: Math.ceil((blocks * form.width) / 8),
  };
};

export function packNBits(
  { codes, scales, zeroPoints }: BlockCodes,
  form: StoredForm,
  symmetric: boolean,
): NBitsTensors {
  const { lanes, blocks, blobBytes, zeroBytes } = sizes(form);
  const { view } = form.matrix;
  const packed = new Uint8Array(lanes * blocks * blobBytes);
  const packedZeros = new Uint8Array(lanes * zeroBytes);
  const row = new Uint8Array(blocks * form.blockSize);
  for (let lane = 0; lane < lanes; lane++) {
    const zeros = zeroPoints.subarray(lane * blocks, (lane + 1) * blocks);
    row.fill(zeros[blocks - 1] ?? 0, view.length);
    for (let k = 0; k < view.length; k++)
      row[k] = codes[lane * view.laneStride + k * view.stride] as number;
    packed.set(packBits(row, form.width), lane * blocks * blobBytes);
    packedZeros.set(packBits(zeros, form.width), lane * zeroBytes);
  }
  return {
    codes: makeTensor('uint8', [lanes, blocks, blobBytes], packed),
    scales: makeTensor('float32', [lanes * blocks], new Uint8Array(scales.buffer)),
    zeroPoints: symmetric ? undefined : makeTensor('uint8', [lanes * zeroBytes], packedZeros),
  };
}

export function blankNBits(form: StoredForm, symmetric: boolean): NBitsTensors {
  const { lanes, blocks, blobBytes, zeroBytes } = sizes(form);
  return {
    codes: blankTensor('uint8', [lanes, blocks, blobBytes]),
    scales: blankTensor('float32', [lanes * blocks]),
    zeroPoints: symmetric ? undefined : blankTensor('uint8', [lanes * zeroBytes]),
  };
}

/** Replaces every product that reads the weight. */
export function writeNBits(
  e: ModelEdit,
  target: WeightTarget,
  form: StoredForm,
  tensors: NBitsTensors,
): void {
  const weight = e.value(target.value);
  e.setOpset('com.microsoft', 1);
  const base = shortName(weight.name);
  const scales = e.addConstant(`${base}_scales`, tensors.scales);
  const zeroPoints = tensors.zeroPoints && e.addConstant(`${base}_zeros`, tensors.zeroPoints);
  for (const site of target.sites)
    replaceProduct(e, e.node(site.node), form, [weight, scales, zeroPoints]);
  e.setConstant(weight, tensors.codes);
}

function replaceProduct(
  e: ModelEdit,
  node: Node,
  form: StoredForm,
  stored: readonly [Value, Value, Value | undefined],
): void {
  const [x, , bias] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined)
    throw new Error(`${node.opType} ${node.name} lacks an input or output`);
  const product = e.addNode('MatMulNBits', [x, ...stored], {
    domain: 'com.microsoft',
    name: `${shortName(node.name || y.name)}_nbits`,
    graph: node.graph,
    attributes: {
      K: intAttribute(form.matrix.view.length),
      N: intAttribute(form.matrix.view.lanes),
      bits: intAttribute(form.width),
      block_size: intAttribute(form.blockSize),
    },
  });
  let result = product.outputs[0] as Value;
  if (isOp(node, 'Gemm') && bias !== undefined)
    result = e.addNode('Add', [result, bias], {
      name: `${shortName(node.name || y.name)}_bias`,
      graph: node.graph,
    }).outputs[0] as Value;
  e.setType(result, y.type);
  e.replaceUses(y, result);
  e.removeNode(node);
}
