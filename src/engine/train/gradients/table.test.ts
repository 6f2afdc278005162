import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import type { Runtime } from '../../runtime/index.ts';
import type { GradientCase } from '../testing/gradient-case.ts';
import { expectGradient } from '../testing/gradient-check.ts';
import { differentiableOperators } from './table.ts';
import { tableCases } from './testing/table-cases.ts';

describe('gradients against finite differences', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  for (const operator of differentiableOperators)
    it.each(tableCases[operator].map((test) => [test.name, test] as const))(
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
