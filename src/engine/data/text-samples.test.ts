import { describe, expect, it } from 'vitest';
import { memorySource } from '../core/index.ts';
import { openDataset } from './open-dataset.ts';
import { encodeTextSamples, openTextSamples, type TextSamplesContent } from './text-samples.ts';

const content: TextSamplesContent = {
  name: 'notes',
  classes: ['ham', 'spam'],
  texts: ['Grüße, 世界', '', 'FREE!!!\nnow', 'bye'],
  labels: [0, 0, 1, 0],
  splits: { train: 3, test: 1 },
  license: 'CC0-1.0',
  source: 'https://example.org',
};

describe('text samples', () => {
  it('come back as they were', async () => {
    const bytes = encodeTextSamples(content);
    const { all, ...facts } = openTextSamples(bytes);
    expect(facts).toEqual({
      name: 'notes',
      classes: ['ham', 'spam'],
      license: 'CC0-1.0',
      source: 'https://example.org',
    });
    expect([all.kind, all.count, all.testFrom]).toEqual(['text', 4, 3]);
    expect([...(all.labels ?? [])]).toEqual([0, 0, 1, 0]);
    for (const [i, text] of content.texts.entries())
      expect(await all.sample(i)).toEqual({ kind: 'text', text });
    await expect(all.sample(4)).rejects.toThrow(RangeError);
    expect(encodeTextSamples(content)).toEqual(bytes);
  });

  it('need no labels', async () => {
    const bytes = encodeTextSamples({ ...content, classes: undefined, labels: undefined });
    const { all } = openTextSamples(bytes);
    expect([all.labels, all.classes]).toEqual([undefined, undefined]);
    expect(await all.sample(2)).toEqual({ kind: 'text', text: 'FREE!!!\nnow' });
  });

  it('are recognised by their bytes, and take the tokenizer beside them', async () => {
    const files = [
      {
        path: 'notes/notes.samples',
        source: memorySource(encodeTextSamples(content), 'notes.samples'),
      },
      {
        path: 'notes/tokenizer.json',
        source: memorySource(new Uint8Array([123, 125]), 'tokenizer.json'),
      },
    ];
    const dataset = await openDataset(files);
    expect([dataset.kind, dataset.count, dataset.tokenizerFile?.name]).toEqual([
      'text',
      4,
      'tokenizer.json',
    ]);
  });

  it.each<[string, Partial<TextSamplesContent>]>([
    ['counts', { splits: { train: 1, test: 1 } }],
    ['a label for each text', { labels: [0, 0] }],
    ['labels of its classes', { labels: [0, 0, 2, 0] }],
    ['classes with labels', { classes: undefined }],
  ])('are not written without %s', (_, change) => {
    expect(() => encodeTextSamples({ ...content, ...change })).toThrow(
      expect.objectContaining({ code: 'argument/invalid' }),
    );
  });

  it('are refused wherever they are damaged', () => {
    const bytes = encodeTextSamples(content);
    for (let cut = 0; cut < bytes.length; cut += 3)
      expect(() => openTextSamples(bytes.subarray(0, cut))).toThrow(
        expect.objectContaining({ code: 'data/unreadable' }),
      );
    let refused = 0;
    const start = 8 + new DataView(bytes.buffer).getUint32(4, true);
    for (let at = start; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      try {
        const { all } = openTextSamples(flipped);
        // A flip that inflates to the very same bytes does no harm.
        expect([...(all.labels ?? [])]).toEqual([0, 0, 1, 0]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'data/unreadable' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan((bytes.length - start) / 2);
  });
});
