import type { Language } from '../../store/index.ts';
import { fillIn, type Words } from '../../ui/words.ts';
import { en } from './en.ts';
import { ko } from './ko.ts';

const dictionaries: Readonly<Record<Language, Readonly<Record<keyof typeof en, string>>>> = {
  en,
  ko,
};

export function wordsIn(language: Language): Words {
  const dictionary = dictionaries[language];
  const known: Readonly<Record<string, string>> = dictionary;
  return {
    language,
    t: (key, data) => fillIn(dictionary[key], data),
    maybe: (key, data) => (Object.hasOwn(known, key) ? fillIn(known[key] ?? '', data) : undefined),
  };
}

/** The first language of the browser that we speak; English otherwise. */
export const pickLanguage = (preferred: readonly string[]): Language => {
  const spoken = preferred.map((tag) => tag.toLowerCase().split('-')[0]);
  return spoken.find((tag): tag is Language => tag === 'en' || tag === 'ko') ?? 'en';
};
