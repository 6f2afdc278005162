import { edit, type Model, type ModelEdit } from '../../graph/index.ts';
import { raiseIrVersion, raiseOpset } from '../shared/raise-opset.ts';
import { foldHint } from '../shared/session-options.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import {
  blankPlanes,
  packPlanes,
  writePlanes,
  type PlaneTensors,
  type SharedConstants,
} from './bit-planes.ts';
import {
  blankBlocked,
  packBlocked,
  writeBlocked,
  type BlockedTensors,
} from './blocked-dequantize.ts';
import type { BlockCodes } from './block-grid.ts';
import { blankNBits, packNBits, writeNBits, type NBitsTensors } from './matmul-nbits.ts';
import type { StoredForm } from './stored-form.ts';

/** A weight, the form it is stored in and the grid it is rounded to. */
export interface PlannedWeight {
  readonly target: WeightTarget;
  readonly form: StoredForm;
  readonly grid: { readonly bits: number; readonly symmetric: boolean };
}

/** The tensors of a weight in its form: packed codes, scales, zero points. */
export type StoredTensors =
  | { readonly kind: 'matmulnbits'; readonly tensors: NBitsTensors }
  | { readonly kind: 'dequantize'; readonly tensors: BlockedTensors }
  | { readonly kind: 'planes'; readonly tensors: PlaneTensors };

export function packCodes({ form, grid }: PlannedWeight, codes: BlockCodes): StoredTensors {
  const { kind } = form;
  if (kind === 'matmulnbits') return { kind, tensors: packNBits(codes, form, grid.symmetric) };
  if (kind === 'dequantize') return { kind, tensors: packBlocked(codes, form, grid) };
  return { kind, tensors: packPlanes(codes, form, grid.symmetric) };
}

export function blankCodes({ form, grid, target }: PlannedWeight): StoredTensors {
  const { kind } = form;
  if (kind === 'matmulnbits') return { kind, tensors: blankNBits(form, grid.symmetric) };
  if (kind === 'dequantize') return { kind, tensors: blankBlocked(form, grid) };
  return { kind, tensors: blankPlanes(form, target.count, grid.symmetric) };
}

/** IR versions that know the element types: int4 came with 10, int2 with 13 (onnx/docs/Versioning.md). */
const irVersionOf = (width: number): number => (width === 2 ? 13 : width === 4 ? 10 : 4);

export function writeQuantized(
  model: Model,
  weights: readonly PlannedWeight[],
  opset: number,
  tensorsOf: (weight: PlannedWeight) => StoredTensors,
): Model {
  return edit(model, (e) => {
    const dequantized = weights.filter(({ form }) => form.kind === 'dequantize');
    raiseIrVersion(e, Math.max(4, ...dequantized.map(({ form }) => irVersionOf(form.width))));
    raiseOpset(e, opset);
    const shared: SharedConstants = new Map();
    for (const weight of weights) writeOne(e, weight, tensorsOf(weight), shared, opset);
    if (dequantized.length > 0) e.setMetadata(foldHint.key, foldHint.text);
  });
}

function writeOne(
  e: ModelEdit,
  { target, form }: PlannedWeight,
  stored: StoredTensors,
  shared: SharedConstants,
  opset: number,
): void {
  if (stored.kind === 'matmulnbits') writeNBits(e, target, form, stored.tensors);
  else if (stored.kind === 'dequantize') writeBlocked(e, target, form, stored.tensors);
  else writePlanes(e, target, form, stored.tensors, shared, opset);
}
