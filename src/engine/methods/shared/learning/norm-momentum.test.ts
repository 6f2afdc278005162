import { expect, it } from 'vitest';
import { attributeFloat, isOp, type Model } from '../../../graph/index.ts';
import { tinyModel } from '../../testing/tiny-models.ts';
import { withNormMomentum } from './norm-momentum.ts';

const model = tinyModel((b) => b.output(b.batchNorm(b.input(['N', 3, 4, 4]), 'norm', 3)));
const momentumOf = ({ graph }: Model): number | undefined => {
  const norm = graph.nodes.find((node) => isOp(node, 'BatchNormalization'));
  return norm && attributeFloat(norm, 'momentum', 0.9);
};

it('lets norms forget within an epoch where a set is small, and nothing else', () => {
  // Four steps of 16 samples: what was before them counts for e⁻³.
  expect((momentumOf(withNormMomentum(model, 64)) ?? 0) ** 4).toBeCloseTo(Math.exp(-3), 6);
  expect(momentumOf(withNormMomentum(model, 3))).toBeGreaterThan(0);
  expect(withNormMomentum(model, 5000)).toBe(model);
  expect(momentumOf(model)).toBe(0.9);
});
