import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npyBytes, npzBytes } from '../engine/data/testing/npy-bytes.ts';
import { buildModel, type Dim, type Model } from '../engine/index.ts';
import { bindData, bindDataTo, sourceOf } from './bind-data.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'whittle-data-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const modelOf = (...dims: Dim[]): Model =>
  buildModel(17, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims });
    e.addOutput(e.op('Flatten', [x]));
  });
const grey = modelOf('N', 1, 4, 4);

function file(name: string, content: Uint8Array | string): string {
  const place = path.join(folder, name);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, content);
  return place;
}

const common = { backend: 'wasm', threads: 1, samples: 10 } as const;
const bind = (data: string, preprocess?: string, model = grey) =>
  bindData(model, { ...common, data, ...(preprocess === undefined ? {} : { preprocess }) });
const pixels = Uint8Array.from({ length: 12 * 16 }, (_, i) => i);
const labels = Uint8Array.from({ length: 12 }, (_, i) => i % 3);

const npz = (): string =>
  file(
    'set.npz',
    npzBytes({ x: npyBytes('|u1', [12, 4, 4], pixels), y: npyBytes('|u1', [12], labels) }, 6),
  );

describe('--data', () => {
  it('is nothing where it is not given', async () => {
    expect(await bindData(grey, {})).toBeUndefined();
  });

  it('opens a folder with one subfolder of images per class', async () => {
    for (let i = 0; i < 12; i++)
      file(
        `shapes/${['round', 'square', 'star'][i % 3]}/${i}.png`,
        encode({ width: 4, height: 4, channels: 1, data: pixels.subarray(i * 16, i * 16 + 16) }),
      );
    const data = await bind(path.join(folder, 'shapes'));
    expect(data?.dataset).toMatchObject({
      kind: 'images',
      count: 12,
      classes: ['round', 'square', 'star'],
    });
  });

  it('opens an npz, and an IDX pair by its images file', async () => {
    const opened = await bind(npz());
    expect([opened?.dataset.count, [...(opened?.dataset.labels ?? [])]]).toEqual([12, [...labels]]);
    file('t-labels-idx1-ubyte', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 12, ...labels));
    const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 4, 0, 0, 0, 4, ...pixels);
    const pair = await bind(file('t-images-idx3-ubyte', images));
    expect([pair?.dataset.count, [...(pair?.dataset.labels ?? [])]]).toEqual([12, [...labels]]);
  });

  it('opens a bundled sample by its name, and lists them where there is no such name', async () => {
    const data = await bind('sample:digits', undefined, modelOf('N', 1, 28, 28));
    expect(data?.dataset.count).toBeGreaterThanOrEqual(12_000);
    expect(data?.split.measure.length).toBeGreaterThanOrEqual(2000);
    const measured = new Set(data?.split.measure);
    expect(data?.split.calibration.some((index) => measured.has(index))).toBe(false);
    await expect(bind('sample:nothing')).rejects.toMatchObject({
      code: 'data/unreadable',
      hint: expect.stringContaining('digits') as string,
    });
  });

  it.each([
    ['words.csv', 'text,label\ngood,1\nbad,0\n'],
    ['words.jsonl', '{"text":"good","label":1}\n{"text":"bad","label":0}\n'],
    ['words.txt', 'Once upon a time.\nThere was a model.\n'],
  ])('reads %s and says that text is not measured yet', async (name, content) => {
    await expect(bind(file(name, content))).rejects.toMatchObject({ code: 'data/mismatch' });
  });

  it('says what it does not find or know', async () => {
    const absent = path.join(folder, 'absent.npz');
    await expect(bind(absent)).rejects.toMatchObject({ code: 'data/unreadable', where: absent });
    await expect(bind(file('notes.xyz', 'hello'))).rejects.toMatchObject({
      code: expect.stringMatching(/^data\//) as string,
    });
  });
});

describe('--preprocess', () => {
  it('replaces what it names of the guess', async () => {
    const guess = await bind(npz());
    const given = file('p.json', '{ "mean": [0.5], "classOffset": 1 }');
    const told = await bind(npz(), given);
    expect(told?.preprocess).toEqual({ ...guess?.preprocess, mean: [0.5], classOffset: 1 });
  });

  it('says what is wrong in it', async () => {
    for (const [content, words] of [
      ['{', 'bad.json'],
      ['{ "mena": [0] }', 'mena'],
      ['{ "size": 3 }', 'size'],
    ] as const)
      await expect(bind(npz(), file('bad.json', content))).rejects.toMatchObject({
        code: 'argument/invalid',
        message: expect.stringContaining(words) as string,
      });
  });
});

describe('bindDataTo', () => {
  it('keeps one split for all, and one guess for models that take the same input', async () => {
    const [a, b, c] = await bindDataTo([grey, modelOf(1, 1, 4, 4), modelOf('N', 8, 8, 1)], {
      ...common,
      data: npz(),
    });
    expect(b?.preprocess).toBe(a?.preprocess);
    expect([a?.preprocess.layout, c?.preprocess.layout]).toEqual(['NCHW', 'NHWC']);
    expect(c?.split).toEqual(a?.split);
  });
});

describe('sourceOf', () => {
  it('tells bundled samples from what the user gave', () => {
    expect([sourceOf({ ...common, data: 'sample:digits' }), sourceOf(common)]).toEqual([
      'sample',
      'user',
    ]);
  });
});
