import { describe, expect, it } from 'vitest';
import { errorCodes, methodForms, phases, verdictCodes } from '../../engine/forms.ts';
import { pruningKinds, schemesFor } from '../../store/dials.ts';
import { en } from './en.ts';
import { ko } from './ko.ts';
import { pickLanguage, wordsIn } from './words-in.ts';

const names = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').toSorted();

describe('dictionaries', () => {
  it('fill in the same data in both languages', () => {
    for (const [key, text] of Object.entries(en)) {
      const other: Readonly<Record<string, string>> = ko;
      expect([key, names(other[key] ?? '')]).toEqual([key, names(text)]);
    }
  });

  it('leave nothing empty and nothing in English in Korean sentences', () => {
    for (const [key, text] of Object.entries(ko)) expect([key, text.trim()]).not.toEqual([key, '']);
    const korean = Object.entries(ko).filter(([key]) =>
      /^(error|verdict|notice|term|job)\./.test(key),
    );
    for (const [key, text] of korean) expect([key, /[가-힣]/.test(text)]).toEqual([key, true]);
  });

  it.each(['en', 'ko'] as const)('have words in %s for every code of the engine', (language) => {
    const { maybe } = wordsIn(language);
    const keys = [
      ...errorCodes.map((code) => `error.${code}`),
      ...phases.map((phase) => `phase.${phase}`),
      ...verdictCodes.map((code) => `verdict.${code}`),
    ];
    expect(keys.filter((key) => maybe(key) === undefined)).toEqual([]);
  });

  it.each(['en', 'ko'] as const)(
    'have words in %s for every method, option and value of the forms',
    (language) => {
      const { maybe } = wordsIn(language);
      const keys = methodForms.flatMap(({ id, fields }) => [
        `method.${id}`,
        `summary.${id}`,
        ...fields.flatMap((field) => [
          `field.${field.key}`,
          // Numbers speak for themselves.
          ...(field.kind === 'choice'
            ? field.values
                .filter((value) => typeof value === 'string')
                .map((value) => `value.${value}`)
            : []),
        ]),
      ]);
      const dials = [
        ...pruningKinds().map((kind) => `kind.${kind}`),
        ...[16, 8, 4].flatMap((bits) => schemesFor(bits).map((scheme) => `scheme.${scheme}`)),
      ];
      expect([...keys, ...dials].filter((key) => maybe(key) === undefined)).toEqual([]);
    },
  );

  it('pick the first language of the browser that is spoken here', () => {
    expect(pickLanguage(['fr-FR', 'ko-KR', 'en'])).toBe('ko');
    expect(pickLanguage(['de'])).toBe('en');
    expect(pickLanguage(['en-GB', 'ko'])).toBe('en');
  });
});
