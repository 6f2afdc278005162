import { beforeAll, describe, expect, it } from 'vitest';
import type { InputSpec } from './dataset.ts';
import { letterFile } from './testing/tiny-tokenizers.ts';
import { planTokens, tokenInputs } from './token-plan.ts';
import { openTokenizer, type TextTokenizer } from './tokenizer.ts';

const input = (name: string, change: Partial<InputSpec> = {}): InputSpec => ({
  name,
  dtype: 'int64',
  dims: ['batch', 'sequence'],
  ...change,
});

describe('tokenInputs', () => {
  it.each([
    [['input_ids', 'attention_mask', 'token_type_ids']],
    [['input_ids', 'input_mask', 'token_type_ids']],
    [['input_ids:0', 'attention_mask:0', 'segment_ids:0']],
    [['tokens', 'mask', 'types_of_token_types']],
  ])('knows %o', (names) => {
    const [ids, mask, types] = names;
    const found = tokenInputs(names.toReversed().map((name) => input(name)));
    expect(found.ids.name).toBe(ids);
    expect(found.mask?.name).toBe(mask);
    if (types?.includes('type_ids') || types?.includes('segment'))
      expect(found.types?.name).toBe(types);
    expect(found.positions).toBeUndefined();
  });

  it('takes tokens alone, and positions', () => {
    const found = tokenInputs([input('input_ids', { dtype: 'int32' }), input('position_ids')]);
    expect(found.ids.dtype).toBe('int32');
    expect(found.positions?.name).toBe('position_ids');
    expect(found.mask).toBeUndefined();
  });

  it.each<[string, InputSpec[]]>([
    ['an image', [input('image', { dtype: 'float32', dims: ['n', 1, 28, 28] })]],
    ['past keys', [input('input_ids'), input('past_key_values.0', { dims: ['n', 4, 's', 32] })]],
    ['two of a kind', [input('input_ids'), input('other_ids')]],
    ['float tokens', [input('input_ids', { dtype: 'float32' })]],
    ['a mask alone', [input('attention_mask')]],
  ])('refuses %s', (_, inputs) => {
    expect(() => tokenInputs(inputs)).toThrow(expect.objectContaining({ code: 'data/mismatch' }));
  });
});

describe('planTokens', () => {
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    tokenizer = await openTokenizer(letterFile);
  });
  const planFor = (
    output: readonly (number | string)[] | undefined,
    dims: readonly (number | string)[] = ['batch', 'sequence'],
    contextLength?: number,
  ) => planTokens({ inputs: [input('input_ids', { dims })], tokenizer, output, contextLength });

  it('tells a language model by its scores: one per token of the vocabulary', () => {
    expect(planFor(['b', 's', 8]).task).toBe('language-model');
    // Vocabularies are rounded up for speed.
    expect(planFor(['b', 's', 16]).task).toBe('language-model');
    expect(planFor(['b', 's', 7]).task).toBe('samples');
    expect(planFor(['b', 8]).task).toBe('samples');
    expect(planFor(undefined).task).toBe('samples');
  });

  it('takes the length from the input, else what the file states, else 128', () => {
    expect(planFor(undefined, ['b', 40], 64).length).toBe(40);
    expect(planFor(undefined, undefined, 64).length).toBe(64);
    expect(planFor(undefined).length).toBe(128);
  });
});
