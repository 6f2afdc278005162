import { describe, expect, it } from 'vitest';
import { unwrap, type EngineError } from '../core/index.ts';
import { methodForms } from '../methods/forms.ts';
import { activeSteps, parseRecipe, parseRecipeText, recipeKey } from './parse.ts';

const recipe = (...steps: object[]) => ({ version: 1, seed: 0, steps });

function refusal(json: unknown): EngineError {
  const result = parseRecipe(json, 'r.json');
  if (result.ok) throw new Error(`accepted ${JSON.stringify(json)}`);
  return result.error;
}

describe('parseRecipe', () => {
  it('takes the recipe of the design, as far as its methods exist, and keeps what it says', () => {
    const steps = [
      {
        method: 'prune-weights',
        ratio: 0.5,
        scope: 'global',
        criterion: 'magnitude',
        pattern: 'unstructured',
      },
      { method: 'prune-channels', ratio: 0.3, scope: 'global', criterion: 'l2' },
      {
        method: 'quantize-int8',
        mode: 'static',
        granularity: 'per-channel',
        calibration: 'minmax',
      },
      { method: 'quantize-weights', bits: 4, blockSize: 32, algorithm: 'rtn' },
      { method: 'quantize-float16' },
    ];
    const parsed = unwrap(parseRecipe(recipe(...steps)));
    expect(parsed.steps).toHaveLength(steps.length);
    for (const [i, step] of parsed.steps.entries()) expect(step).toMatchObject(steps[i]!);
  });

  it.each(methodForms.map(({ id, defaults }) => [id, defaults] as const))(
    'fills in every default of %s, and what it gives parses to itself',
    (method, defaults) => {
      const parsed = unwrap(parseRecipe(recipe({ method })));
      expect(parsed.steps).toEqual([defaults]);
      expect(unwrap(parseRecipe(JSON.parse(JSON.stringify(parsed))))).toEqual(parsed);
    },
  );

  it('takes seed 0 where none is given, and keeps steps that are off', () => {
    const parsed = unwrap(
      parseRecipe({ version: 1, steps: [{ method: 'quantize-float16', off: true }] }),
    );
    expect(parsed.seed).toBe(0);
    expect(parsed.steps[0]?.off).toBe(true);
    expect(activeSteps(parsed)).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no object', 7, 'r.json'],
    ['null', null, 'r.json'],
    ['no steps', { version: 1 }, 'r.json.steps'],
    ['no version', { steps: [] }, 'r.json.version'],
    ['a fractional seed', { version: 1, seed: 0.5, steps: [] }, 'r.json.seed'],
    ['a seed beyond what a number holds', { version: 1, seed: 2 ** 60, steps: [] }, 'r.json.seed'],
    ['version 0', { version: 0, steps: [] }, 'r.json.version'],
    ['a step without a method', recipe({ ratio: 1 }), 'r.json.steps[0].method'],
    [
      '65 steps',
      recipe(...Array.from({ length: 65 }, () => ({ method: 'quantize-float16' }))),
      'r.json.steps',
    ],
    [
      'an option out of range',
      recipe({ method: 'quantize-float16' }, { method: 'prune-weights', ratio: 1.5 }),
      'r.json.steps[1].ratio',
    ],
    [
      'an option of another type',
      recipe({ method: 'quantize-weights', bits: '4' }),
      'r.json.steps[0].bits',
    ],
    [
      'a misspelt option',
      recipe({ method: 'prune-weights', ration: 0.9 }),
      'r.json.steps[0].ration',
    ],
    [
      'an off that is no switch',
      recipe({ method: 'prune-weights', off: 'yes' }),
      'r.json.steps[0].off',
    ],
  ])('refuses %s and names the place', (_, json, where) => {
    const { code, where: said, detail } = refusal(json);
    expect([code, said]).toEqual(['recipe/invalid', where]);
    expect(detail).not.toBe('');
  });

  it('says which options a method has where one is misspelt', () => {
    const { hint } = refusal(recipe({ method: 'prune-weights', ration: 0.9 }));
    expect(hint).toContain('ratio');
    expect(hint).toContain('pattern');
  });

  it('tells newer recipes and unknown methods from broken ones', () => {
    expect(refusal({ version: 2, steps: [] }).code).toBe('recipe/too-new');
    const unknown = refusal(recipe({ method: 'prune-everything' }));
    expect([unknown.code, unknown.where]).toEqual([
      'recipe/unknown-method',
      'r.json.steps[0].method',
    ]);
    expect(unknown.hint).toContain('prune-weights');
    for (const method of ['constructor', '__proto__', 'toString'])
      expect(refusal(recipe({ method })).code).toBe('recipe/unknown-method');
  });

  it('gives no way into prototypes', () => {
    for (const text of [
      '{"version":1,"steps":[{"method":"prune-weights","__proto__":{"ratio":0.9,"off":true}}]}',
      '{"version":1,"steps":[{"method":"prune-weights","constructor":{"prototype":{"ratio":0.9}}}]}',
      '{"version":1,"__proto__":{"seed":9},"steps":[{"method":"prune-weights"}]}',
    ]) {
      const result = parseRecipeText(text);
      if (result.ok) {
        expect(result.value.seed).toBe(0);
        expect(result.value.steps).toEqual([
          methodForms.find(({ id }) => id === 'prune-weights')?.defaults,
        ]);
      } else expect(result.error.code).toBe('recipe/invalid');
    }
    expect(({} as { ratio?: number }).ratio).toBeUndefined();
  });
});

describe('parseRecipeText', () => {
  it('refuses what is no JSON, with the place', () => {
    for (const text of ['', '{', 'version: 1', '{"version":1,}']) {
      const result = parseRecipeText(text, 'r.json');
      expect(result.ok ? undefined : [result.error.code, result.error.where]).toEqual([
        'recipe/invalid',
        'r.json',
      ]);
    }
  });

  it('ends on a megabyte of anything, and its errors stay short', () => {
    const names = Array.from({ length: 60_000 }, (_, i) => `conv_${i}_weights`);
    const long = JSON.stringify(recipe({ method: 'prune-weights', keep: names }));
    expect(long.length).toBeGreaterThan(1_000_000);
    expect(unwrap(parseRecipeText(long)).steps[0]?.['keep']).toHaveLength(60_000);
    for (const text of [
      '['.repeat(1_000_000),
      `{"version":1,"steps":[${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}]}`,
      JSON.stringify(recipe({ method: 'x'.repeat(1_000_000) })),
      JSON.stringify(recipe({ method: 'prune-weights', ['y'.repeat(1_000_000)]: 1 })),
      JSON.stringify(recipe({ method: 'prune-weights', scope: 'z'.repeat(1_000_000) })),
    ]) {
      const result = parseRecipeText(text);
      expect(result.ok).toBe(false);
      if (!result.ok) expect(result.error.message.length).toBeLessThan(600);
    }
  });
});

describe('recipeKey', () => {
  const keyOf = (json: unknown): string => recipeKey(unwrap(parseRecipe(json)));

  it('is one for recipes that make the same bytes, and another for others', () => {
    const plain = keyOf(recipe({ method: 'prune-weights' }));
    expect(keyOf(recipe({ method: 'prune-weights', ratio: 0.5 }))).toBe(plain);
    expect(
      keyOf(recipe({ method: 'quantize-float16', off: true }, { method: 'prune-weights' })),
    ).toBe(plain);
    expect(keyOf(recipe({ method: 'prune-weights', ratio: 0.6 }))).not.toBe(plain);
    expect(keyOf({ version: 1, seed: 1, steps: [{ method: 'prune-weights' }] })).not.toBe(plain);
  });
});
