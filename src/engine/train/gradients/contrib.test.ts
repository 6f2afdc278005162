import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { floatAttribute, intAttribute, type Attribute, type Value } from '../../graph/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import type { GradientCase } from '../testing/gradient-case.ts';
import { expectGradient } from '../testing/gradient-check.ts';
import { contribTable, type ContribOperator } from './contrib.ts';
import { ruleOf } from './table.ts';

type Dims = readonly number[];

/** Inputs in slot order: the dims of a variable, or undefined for one that is left out. */
const fused = (
  name: string,
  opType: ContribOperator,
  inputs: readonly (Dims | undefined)[],
  attributes: Record<string, Attribute> = {},
  read: readonly number[] = [0],
): GradientCase => {
  const given = inputs.flatMap((dims, i) => (dims === undefined ? [] : [[`v${i}`, dims] as const]));
  return {
    name: `${opType} ${name}`,
    variables: Object.fromEntries(given),
    build: (edit, values) => {
      edit.setOpset('com.microsoft', 1);
      let next = 0;
      const slots = inputs.map((dims) => (dims === undefined ? undefined : values[next++]));
      const { outputs } = edit.addNode(opType, slots, {
        domain: 'com.microsoft',
        attributes,
        outputs: Math.max(...read) + 1,
      });
      const parts = read.map((index) => outputs[index] as Value);
      return parts.length === 1 ? (parts[0] as Value) : edit.op('Mul', parts);
    },
  };
};

const flags = (...names: string[]): Record<string, Attribute> =>
  Object.fromEntries(names.map((name) => [name, intAttribute(1)]));
const small = { epsilon: floatAttribute(1e-3) };

const cases: Readonly<Record<ContribOperator, readonly GradientCase[]>> = {
  BiasGelu: [fused('', 'BiasGelu', [[2, 3, 4], [4]])],
  FastGelu: [fused('', 'FastGelu', [[2, 5]]), fused('with bias', 'FastGelu', [[2, 3, 4], [4]])],
  FusedMatMul: [
    fused(
      '',
      'FusedMatMul',
      [
        [2, 3, 4],
        [4, 5],
      ],
      { alpha: floatAttribute(0.7) },
    ),
    fused(
      'both exchanged',
      'FusedMatMul',
      [
        [4, 3],
        [5, 4],
      ],
      flags('transA', 'transB'),
    ),
    fused(
      'first exchanged',
      'FusedMatMul',
      [
        [2, 4, 3],
        [2, 4, 5],
      ],
      flags('transA'),
    ),
    fused(
      'second exchanged, repeated',
      'FusedMatMul',
      [
        [2, 1, 3, 4],
        [3, 5, 4],
      ],
      {
        ...flags('transB'),
        alpha: floatAttribute(-2),
      },
    ),
  ],
  Gelu: [fused('', 'Gelu', [[2, 5]])],
  QuickGelu: [
    fused('', 'QuickGelu', [[2, 5]]),
    fused('alpha', 'QuickGelu', [[2, 3]], { alpha: floatAttribute(0.8) }),
  ],
  SkipLayerNormalization: [
    fused('', 'SkipLayerNormalization', [[2, 3, 4], [2, 3, 4], [4], [4]], small),
    fused('no offset', 'SkipLayerNormalization', [[2, 3, 4], [2, 3, 4], [4]]),
    fused('repeated skip', 'SkipLayerNormalization', [[2, 3, 4], [1, 3, 4], [4], [4], [4]], small),
    fused('read twice', 'SkipLayerNormalization', [[2, 3, 4], [2, 3, 4], [4], [4]], small, [0, 3]),
    fused('sum alone', 'SkipLayerNormalization', [[2, 3, 4], [2, 3, 4], [4]], small, [3]),
  ],
  SkipSimplifiedLayerNormalization: [
    fused('', 'SkipSimplifiedLayerNormalization', [[2, 3, 4], [2, 3, 4], [4]], small),
    fused('bias', 'SkipSimplifiedLayerNormalization', [[2, 3, 4], [2, 3, 4], [4], [4]], small),
  ],
};

describe('gradients of fused operators against finite differences', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  it.each(
    Object.values(cases)
      .flat()
      .map((test) => [test.name, test] as const),
  )('%s', async (_name, test) => {
    await expectGradient(runtime, test);
  });

  it('finds the rules by domain', () => {
    for (const [opType, rule] of Object.entries(contribTable))
      expect(ruleOf('com.microsoft', opType)).toBe(rule);
    expect(ruleOf('com.microsoft', 'Relu')).toBeUndefined();
    expect(ruleOf('', 'QuickGelu')).toBeUndefined();
  });
});
