import { edit, type Model, type ModelEdit } from '../../graph/index.ts';
import { raiseIrVersion, raiseOpset } from '../../passes/index.ts';
import { foldHint } from '../shared/session-options.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import { blankPlanes, packPlanes, writePlanes, type PlaneTensors } from './bit-planes.ts';
import {
  blankBlocked,
  packBlocked,
  writeBlocked,
  type BlockedTensors,
} from './blocked-dequantize.ts';
import type { BlockCodes } from './block-grid.ts';
import { blankNBits, packNBits, writeNBits, type NBitsTensors } from './matmul-nbits.ts';
import type { StoredForm } from './stored-form.ts';
import { functionDomain, unpackFunction } from './unpack-function.ts';

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
  return { kind, tensors: packPlanes(codes, form, grid) };
}

export function blankCodes({ form, grid, target }: PlannedWeight): StoredTensors {
  const { kind } = form;
  if (kind === 'matmulnbits') return { kind, tensors: blankNBits(form, grid.symmetric) };
  if (kind === 'dequantize') return { kind, tensors: blankBlocked(form, grid) };
  return { kind, tensors: blankPlanes(form, target.count, grid.symmetric) };
}

/** The IR version a form needs: local functions came with 8, int4 with 10, int2 with 13 (onnx/docs/Versioning.md). */
function irVersionOf({ kind, width }: StoredForm): number {
  if (kind === 'planes') return 8;
  return kind === 'dequantize' && width < 8 ? (width === 2 ? 13 : 10) : 4;
}

export function writeQuantized(
  model: Model,
  weights: readonly PlannedWeight[],
  opset: number,
  tensorsOf: (weight: PlannedWeight) => StoredTensors,
): Model {
  return edit(model, (e) => {
    const dequantized = weights.filter(({ form }) => form.kind === 'dequantize');
    raiseIrVersion(e, Math.max(4, ...weights.map(({ form }) => irVersionOf(form))));
    raiseOpset(e, opset);
    for (const { form, grid } of weights.filter((weight) => weight.form.kind === 'planes')) {
      e.setOpset(functionDomain, 1);
      e.addFunction(unpackFunction(form.width, grid.symmetric, opset));
    }
    for (const weight of weights) writeOne(e, weight, tensorsOf(weight));
    if (dequantized.length > 0) e.setMetadata(foldHint.key, foldHint.text);
  });
}

function writeOne(e: ModelEdit, { target, form }: PlannedWeight, stored: StoredTensors): void {
  if (stored.kind === 'matmulnbits') writeNBits(e, target, form, stored.tensors);
  else if (stored.kind === 'dequantize') writeBlocked(e, target, form, stored.tensors);
  else writePlanes(e, target, form, stored.tensors);
}
