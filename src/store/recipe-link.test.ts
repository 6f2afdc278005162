import { describe, expect, it } from 'vitest';
import type { Recipe } from '../engine/forms.ts';
import { defaultStep } from './recipe-edits.ts';
import { longestLink, readLink, writeLink } from './recipe-link.ts';

const recipe: Recipe = {
  version: 1,
  seed: 7,
  steps: [
    { ...defaultStep('prune-channels'), ratio: 0.37, scope: 'layer' },
    { ...defaultStep('quantize-int8'), mode: 'dynamic', off: true },
    { ...defaultStep('quantize-weights'), bits: 3, keep: ['/head/가중치'] },
  ],
};

const encode = (json: unknown): string =>
  `#v=1&recipe=${Buffer.from(JSON.stringify(json)).toString('base64url')}`;

describe('the recipe in the address', () => {
  it('comes back as it went', () => {
    const hash = writeLink({ sample: 'digits', recipe });
    expect(hash?.length).toBeLessThan(400);
    expect(readLink(hash ?? '')).toEqual({ sample: 'digits', recipe, ignored: [] });
  });

  it('is short for the empty recipe', () => {
    expect(writeLink({ sample: 'digits', recipe: { version: 1, seed: 0, steps: [] } })).toBe(
      '#v=1&sample=digits',
    );
  });

  it('is not written when it would be too long', () => {
    const long = {
      ...recipe,
      steps: [
        {
          ...defaultStep('prune-weights'),
          keep: Array.from({ length: 300 }, (_, i) => `layer${i}`),
        },
      ],
    };
    expect(writeLink({ sample: undefined, recipe: long })).toBeUndefined();
    expect(readLink(`#v=1&recipe=${'A'.repeat(longestLink)}`)).toBeUndefined();
  });

  it('ignores what it does not know, key by key, and says so', () => {
    const read = readLink(
      encode({
        steps: [
          { method: 'prune-weights', ratio: 5, scope: 'layer', colour: 'red' },
          { method: 'make-coffee' },
          { method: 'quantize-float16' },
        ],
      }),
    );
    expect(read?.recipe.steps).toEqual([
      { ...defaultStep('prune-weights'), scope: 'layer' },
      defaultStep('quantize-float16'),
    ]);
    expect(read?.ignored).toEqual(['steps[0].ratio', 'steps[0].colour', 'steps[1]']);
  });

  it('does not let the address reach prototypes', () => {
    const json =
      '{"__proto__":{"polluted":1},"steps":[{"method":"prune-weights","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]}';
    const read = readLink(`#v=1&recipe=${Buffer.from(json).toString('base64url')}`);
    expect(read?.recipe.steps).toEqual([defaultStep('prune-weights')]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(read?.recipe.steps[0]?.['polluted']).toBeUndefined();
  });

  it.each([
    '',
    '#',
    '#v=2&sample=x',
    '#anything',
    '#v=1&recipe=%%%',
    '#v=1&recipe=bnVsbA',
    '#v=1&sample=../../etc',
  ])('reads %j without harm', (hash) => {
    const read = readLink(hash);
    expect(read?.recipe.steps ?? []).toEqual([]);
    expect(read?.sample).toBeUndefined();
  });
});
