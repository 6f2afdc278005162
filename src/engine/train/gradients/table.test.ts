import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import type { Runtime } from '../../runtime/index.ts';
import { expectGradient, type GradientCase } from '../testing/gradient-check.ts';
import { differentiableOperators, type DifferentiableOperator } from './table.ts';
import { firstCases } from './testing/first-cases.ts';
import {
  averagePoolGrid,
  convGrid,
  convTransposeGrid,
  maxPoolGrid,
} from './testing/conv-grid-cases.ts';
import { layoutCases } from './testing/layout-cases.ts';
import { normCases } from './testing/norm-cases.ts';
import { pointwiseCases } from './testing/pointwise-cases.ts';
import { windowCases } from './testing/window-cases.ts';

/** At least one case per operator of the table: a new row without a check does not compile. */
const cases: Readonly<Record<DifferentiableOperator, readonly GradientCase[]>> = {
  ...firstCases,
  ...normCases,
  ...pointwiseCases,
  ...windowCases,
  ...layoutCases,
  AveragePool: [...windowCases.AveragePool, ...averagePoolGrid],
  Conv: [...windowCases.Conv, ...convGrid],
  ConvTranspose: convTransposeGrid,
  MaxPool: [...windowCases.MaxPool, ...maxPoolGrid],
};

describe('gradients against finite differences', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  for (const operator of differentiableOperators)
    it.each(cases[operator].map((test) => [test.name, test] as const))(
      '%s',
      async (_name, test) => {
        await expectGradient(runtime, test);
      },
    );

  it('notices a wrong gradient', async () => {
    const wrong: GradientCase = {
      name: 'wrong',
      variables: { x: [2, 3] },
      // Relu of a value right at its kink has no derivative: any gradient disagrees with the difference quotient.
      domain: () => 0,
      build: (edit, [x]) => edit.op('Relu', [x]),
    };
    await expect(expectGradient(runtime, wrong)).rejects.toThrow('relative error');
  });
});
