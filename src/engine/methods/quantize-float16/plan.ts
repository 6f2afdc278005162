import { ok, type Result } from '../../core/index.ts';
import { countParameters } from '../../analysis/index.ts';
import { allNodes, type Model } from '../../graph/index.ts';
import { tensorByteLength, type Tensor } from '../../tensor/index.ts';
import type { PlanContext, Planned } from '../method.ts';
import { blankTensor, isBlank } from '../shared/blank-tensor.ts';
import { predictSizeChange } from '../shared/predict-size.ts';
import { nonzeroIn, previewParams } from '../shared/preview-figures.ts';
import { mainReason, refuse } from '../shared/refuse.ts';
import { assign, type Assignment } from './assign.ts';
import { halfLoss, toHalf } from './half-tensor.ts';
import type { QuantizeFloat16Options } from './options.ts';
import { rewrite } from './rewrite.ts';

/**
 * Half precision: weights and arithmetic in float16, half the bytes. A backend without float16 kernels (WASM) runs the same file through
 * casts, so there it is smaller and no faster; WebGPU with shader-f16 computes in it.
 */
export interface QuantizeFloat16Plan {
  readonly assignment: Assignment;
}

const integerOperators = [
  'QuantizeLinear',
  'DynamicQuantizeLinear',
  'QLinearConv',
  'QLinearMatMul',
  'ConvInteger',
  'MatMulInteger',
];

export function plan(
  model: Model,
  options: QuantizeFloat16Options,
  _context: PlanContext,
): Result<Planned<QuantizeFloat16Plan>> {
  for (const node of allNodes(model.graph))
    if (node.domain === '' && integerOperators.includes(node.opType))
      return refuse(
        'quantize-float16',
        `the model computes in int8 already (${node.opType}): casts in between would stop the integer kernels`,
        'Use one of the two',
      );
  const assignment = assign(model, options);
  const tensors = convertedTensors(assignment);
  if (tensors.length === 0) return refuse('quantize-float16', nothingToDo(model, assignment));
  const preview = rewrite(model, assignment, previewHalf(model));
  const known = tensors.filter((tensor) => !isBlank(tensor)).map(halfLoss);
  const sum = (count: (loss: { clamped: number; raised: number }) => number): number =>
    known.reduce((total, loss) => total + count(loss), 0);
  return ok({
    plan: { assignment },
    predicted: {
      ...previewParams(preview),
      weightBytes: predictSizeChange(model, preview),
    },
    summary: {
      tensors: tensors.length,
      savedBytes: tensors.reduce((total, tensor) => total + tensorByteLength(tensor) / 2, 0),
      nodes: assignment.half.size,
      nodesInFloat32: assignment.skipped.length,
      casts: preview.graph.nodes.length - model.graph.nodes.length,
      clamped: sum(({ clamped }) => clamped),
      raised: sum(({ raised }) => raised),
    },
    preview: () => preview,
    skipped: assignment.skipped,
  });
}

/**
 * Parameters become blank. What does not count as one (masks, told by their values) is small and is converted, so that it is told from a
 * parameter afterwards as well.
 */
function previewHalf(model: Model): (tensor: Tensor) => Tensor {
  const counted = new Set(countParameters(model).parameters.map(({ tensor }) => tensor));
  return (tensor) =>
    counted.has(tensor)
      ? blankTensor('float16', tensor.dims, () => nonzeroIn(tensor))
      : toHalf(tensor);
}

function convertedTensors({ constants, makers }: Assignment): Tensor[] {
  const found = constants.map(({ value }) => value.constant as Tensor);
  for (const node of makers) {
    const attribute = node.attributes.get('value');
    if (attribute?.kind === 'tensor') found.push(attribute.value);
  }
  return found;
}

function nothingToDo(model: Model, assignment: Assignment): string {
  const float16 = model.graph.constants.some((value) => value.constant?.dtype === 'float16');
  const inside = model.graph.nodes.some((node) =>
    [...node.attributes.values()].some(({ kind }) => kind === 'graph'),
  );
  if (float16) return 'the model is in float16 already';
  if (inside) return 'its weights lie in subgraphs (If, Loop, Scan), which stay in float32';
  return assignment.skipped.length > 0
    ? `nothing can be converted: ${mainReason(assignment.skipped)}`
    : 'the model has no float32 weights';
}
