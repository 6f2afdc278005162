import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buildModel,
  float32Tensor,
  readModel,
  tensorBytes,
  unwrap,
  writeBytes,
  writeModel,
  type Model,
} from '../engine/index.ts';
import { openModelFile } from './open-files.ts';
import { checkOutput, writeModelFile, writeTextFile } from './write-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'whittle-write-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const values = Float32Array.from({ length: 600 }, (_, i) => i);
const model = buildModel(17, (e) => {
  const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [600] });
  e.addOutput(e.op('Add', [x, e.addConstant('w', float32Tensor([600], values))]));
});

/** The model in two files, `NAME.onnx` and weights in `DATA`, as another exporter would leave it. */
function saveExternal(place: string, name: string, data: string): string {
  const { parts, external } = writeModel(model, { external: { path: data, minBytes: 1 } });
  mkdirSync(path.dirname(path.join(place, data)), { recursive: true });
  for (const { file, pieces } of [
    { file: name, pieces: parts },
    ...external.map((one) => ({ file: one.path, pieces: one.parts })),
  ])
    writeFileSync(
      path.join(place, file),
      Buffer.concat(
        pieces.map((part) =>
          part instanceof Uint8Array ? part : part.source.read(part.offset, part.length),
        ),
      ),
    );
  return path.join(place, name);
}

const weightsOf = ({ graph }: Model): Uint8Array =>
  tensorBytes(graph.constants.find(({ name }) => name === 'w')!.constant!);
const inFolder = (...names: string[]): string => path.join(folder, ...names);

describe('writeModelFile', () => {
  it('writes what writeModel says, and nothing else is left behind', () => {
    mkdirSync(inFolder('plain'));
    const file = inFolder('plain', 'm.onnx');
    expect(writeModelFile(model, file)).toEqual([file]);
    expect(readFileSync(file)).toEqual(Buffer.from(writeBytes(model)));
    expect(readdirSync(inFolder('plain'))).toEqual(['m.onnx']);
  });

  it('may write over the very file it reads', () => {
    const file = inFolder('over.onnx');
    writeFileSync(file, writeBytes(model));
    writeModelFile(openModelFile(file).model, file);
    expect(weightsOf(unwrap(readModel(readFileSync(file))))).toEqual(weightsOf(model));
  });

  it('reads weights beside the model and in folders below, and never writes into their file', () => {
    for (const [place, data] of [
      ['beside', 'weights.bin'],
      ['below', 'data/weights.bin'],
    ] as const) {
      mkdirSync(inFolder(place));
      const original = saveExternal(inFolder(place), 'm.onnx', data);
      const weights = readFileSync(inFolder(place, data));
      const opened = openModelFile(original);
      expect(weightsOf(opened.model)).toEqual(weightsOf(model));
      expect(opened.sizeBytes).toBe(readFileSync(original).length + weights.length);
      const out = inFolder(place, 'small.onnx');
      expect(writeModelFile(opened.model, out)).toEqual([out, `${out}.data`]);
      expect(weightsOf(openModelFile(out).model)).toEqual(weightsOf(model));
      expect(readFileSync(inFolder(place, data))).toEqual(weights);
    }
  });

  it('may write over a model whose weights lie in the file of the same name', () => {
    mkdirSync(inFolder('again'));
    const file = saveExternal(inFolder('again'), 'm.onnx', 'm.onnx.data');
    writeModelFile(openModelFile(file).model, file);
    expect(weightsOf(openModelFile(file).model)).toEqual(weightsOf(model));
  });

  it('leaves what was there when it fails, and nothing half written', () => {
    mkdirSync(inFolder('fails'));
    const file = inFolder('fails', 'm.onnx');
    writeFileSync(file, 'what was there');
    const broken: Model = {
      ...model,
      graph: {
        ...model.graph,
        get nodes(): never {
          throw new Error('the disk is full');
        },
      },
    };
    expect(() => writeModelFile(broken, file)).toThrow('the disk is full');
    expect(readFileSync(file, 'utf8')).toBe('what was there');
    expect(readdirSync(inFolder('fails'))).toEqual(['m.onnx']);
  });
});

describe('a file that cannot be written', () => {
  it('is told before any work, with its name', () => {
    writeFileSync(inFolder('file'), '');
    for (const file of [folder, inFolder('file', 'below.onnx')])
      expect(() => checkOutput(file)).toThrow(
        expect.objectContaining({ code: 'argument/invalid', where: file }) as Error,
      );
    expect(() => writeTextFile(inFolder('file', 'r.json'), '{}')).toThrow('cannot be written');
  });

  it('is none where only the folder is missing', () => {
    const file = inFolder('new', 'folder', 'm.onnx');
    checkOutput(file);
    expect(readdirSync(path.dirname(file))).toEqual([]);
  });
});

describe('openModelFile', () => {
  it('says what is wrong with a path', () => {
    expect(() => openModelFile(inFolder('absent.onnx'))).toThrow('absent.onnx: no such file');
    expect(() => openModelFile(folder)).toThrow('this is a folder');
    writeFileSync(inFolder('empty.onnx'), '');
    expect(() => openModelFile(inFolder('empty.onnx'))).toThrow(
      expect.objectContaining({ code: 'file/empty' }) as Error,
    );
  });

  it('names the weights that are missing', () => {
    mkdirSync(inFolder('lost'));
    const file = saveExternal(inFolder('lost'), 'm.onnx', 'weights.bin');
    rmSync(inFolder('lost', 'weights.bin'));
    expect(() => openModelFile(file)).toThrow(
      expect.objectContaining({
        code: 'onnx/external-missing',
        message: expect.stringContaining('weights.bin') as string,
      }) as Error,
    );
  });
});
