import { gradientsOnBoth, ruleNames } from './rules.ts';
import { pytorchNames, pytorchOn } from './pytorch.ts';
import { trainOnBoth } from './training.ts';

/**
 * What the test asks of this page, under its global name `gradientChecks`. Everything that goes in
 * and comes out is plain data; the calculations run in the studio's own runtime workers.
 */
export const checks = { pytorchNames, pytorchOn, ruleNames, gradientsOnBoth, trainOnBoth };

export type Checks = typeof checks;
