import { stringAttribute } from '../../../graph/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';
import { direct, type Dims } from './case-forms.ts';

/** Products that an equation describes. */

const einsum = (equation: string, ...operands: readonly Dims[]): GradientCase =>
  direct(
    `Einsum ${equation}`,
    'Einsum',
    Object.fromEntries(operands.map((dims, i) => [`v${i}`, dims])),
    { equation: stringAttribute(equation) },
  );

export const productCases = {
  Einsum: [
    einsum('ij,jk->ik', [2, 3], [3, 4]),
    einsum('bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 2, 4]),
    einsum('bhqk,bkhd->bqhd', [2, 2, 3, 2], [2, 2, 2, 3]),
    einsum('ij->ji', [2, 3]),
    einsum('ij->i', [2, 3]),
    einsum('ijk,il->lj', [2, 3, 4], [2, 2]),
    einsum('i,j,k->ijk', [2], [3], [2]),
    einsum('bi,ij,bj->b', [2, 3], [3, 4], [2, 4]),
    einsum('bn,anm,bm', [2, 3], [2, 3, 4], [2, 4]),
    einsum('...ij,...jk->...ik', [2, 2, 3], [2, 3, 4]),
    einsum('...i,ij->...j', [2, 3, 4], [4, 2]),
  ],
} satisfies Record<string, GradientCase[]>;
