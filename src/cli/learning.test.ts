import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyModel } from '../engine/methods/testing/tiny-models.ts';
import {
  intAttribute,
  intsAttribute,
  writeBytes,
  type Model,
  type Report,
} from '../engine/index.ts';
import { parseCommand } from './arguments.ts';
import { openModelFile } from './open-files.ts';
import { run } from './run.ts';

/** Steps that train, on the command line: the digits sample, few samples, one epoch. */
vi.mock('./supervised.ts', async (original) => ({
  ...(await original<object>()),
  parentWatchdog: { start: () => () => undefined },
}));
vi.mock('../engine/index.ts', async (original) => {
  const engine = await original<typeof import('../engine/index.ts')>();
  return { ...engine, latencyProtocols: { full: engine.latencyProtocols.quick } };
});

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const digits = path.join(root, 'public/samples/digits/model.onnx');

let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'whittle-learning-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function whittle(name: string, steps: readonly object[], ...more: string[]) {
  const recipe = inFolder(`${name}.json`);
  writeFileSync(recipe, JSON.stringify({ version: 1, seed: 5, steps }));
  const files = ['--out', inFolder(`${name}.onnx`), '--report', inFolder(`${name}.report.json`)];
  const argv = ['run', digits, '--recipe', recipe, ...files, '--samples', '300', ...more];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    const command = parseCommand(argv);
    if (command.kind === 'run') await run(command);
  } finally {
    write.mockRestore();
  }
  return {
    bytes: readFileSync(inFolder(`${name}.onnx`)),
    report: JSON.parse(readFileSync(inFolder(`${name}.report.json`), 'utf8')) as {
      readonly recipe: { readonly steps: readonly Readonly<Record<string, unknown>>[] };
      readonly before: Report;
      readonly after: Report;
    },
  };
}

const few = { epochs: 1, samples: 1200 };
const data = ['--data', 'sample:digits'];

describe('whittle run with steps that train', () => {
  it('recovers what two bits lost, in a file of the same size', async () => {
    const rounding = { method: 'quantize-weights', bits: 2, blockSize: 128 };
    const lost = await whittle('lost', [rounding], ...data);
    const steps = [rounding, { method: 'recover', ...few }];
    const { bytes, report } = await whittle('recovered', steps, ...data);
    expect(bytes.length).toBe(lost.bytes.length);
    expect(report.after.accuracy?.value).toBeGreaterThan(lost.report.after.accuracy?.value ?? 1);
  });

  it('distils a student that somebody else made, named by a path beside the recipe', async () => {
    const file = writeBytes(student(10));
    writeFileSync(inFolder('student.onnx'), file);
    const steps = [
      {
        method: 'distill',
        studentModel: { file: 'student.onnx' },
        ...few,
        epochs: 3,
        learningRate: 0.02,
      },
    ];
    const { report } = await whittle('own', steps, ...data);
    const sha256 = createHash('sha256').update(file).digest('hex');
    expect(report.recipe.steps[0]?.['studentModel']).toEqual({ file: 'student.onnx', sha256 });
    // Ten classes: it began with a tenth.
    expect(report.after.accuracy?.value).toBeGreaterThan(0.6);
    const { graph } = openModelFile(inFolder('own.onnx')).model;
    expect([...graph.inputs, ...graph.outputs].map(({ name }) => name)).toEqual([
      'image',
      'scores',
    ]);
  });

  it.each<[string, object, readonly string[], string]>([
    ['a student with other outputs', { studentModel: { file: 'other.onnx' } }, data, '[batch, 7]'],
    [
      'a file of another hash',
      { studentModel: { file: 'other.onnx', sha256: '0'.repeat(64) } },
      data,
      'SHA-256',
    ],
    ['a file that is not there', { studentModel: { file: 'missing.onnx' } }, data, 'no such file'],
    ['no data', {}, [], 'no data to learn from'],
  ])('refuses %s', async (_, options, more, words) => {
    writeFileSync(inFolder('other.onnx'), writeBytes(student(7)));
    await expect(
      whittle('refused', [{ method: 'distill', ...few, ...options }], ...more),
    ).rejects.toThrow(words);
  });
});

/** A network of another family, with names of its own. */
function student(classes: number): Model {
  return tinyModel((b) => {
    let x = b.op('Relu', [b.conv(b.input(['batch', 1, 28, 28], 'pixels'), 'look', 1, 8)]);
    x = b.op('MaxPool', [x], {
      kernel_shape: intsAttribute([4, 4]),
      strides: intsAttribute([4, 4]),
    });
    const flat = b.op('Flatten', [x], { axis: intAttribute(1) });
    const scores = b.gemm(flat, 'tell', 8 * 49, classes);
    b.e.setType(scores, { kind: 'tensor', dtype: 'float32', dims: ['batch', classes] });
    b.output(scores);
  });
}
