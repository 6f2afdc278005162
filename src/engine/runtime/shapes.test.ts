import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, EngineError, memorySource, quietTask, unwrap } from '../core/index.ts';
import { buildModel, intAttribute, type Graph, type Model, type Value } from '../graph/index.ts';
import { readModel } from '../onnx/index.ts';
import { float32Tensor, int64Tensor, makeTensor } from '../tensor/index.ts';
import { defaultDims } from './default-dims.ts';
import { measureShapes } from './shapes.ts';
import { syntheticInputs } from './synthetic-inputs.ts';

const runtime = await createNodeRuntime('wasm', 1);
afterAll(() => runtime.dispose());

const measured = async (model: Model, overrides?: Readonly<Record<string, number>>) =>
  measureShapes(
    model,
    runtime,
    syntheticInputs(model, createRng(1), defaultDims(model, overrides)),
    quietTask,
  );

const byName = (shapes: ReadonlyMap<Value, readonly number[]>): Record<string, readonly number[]> =>
  Object.fromEntries([...shapes].map(([value, dims]) => [value.name, dims]));

describe('measureShapes', () => {
  it('gives the shape of every input, constant and value of any type', async () => {
    const model = buildModel(17, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['N', 3, 'H', 'W'] });
      const w = e.addConstant('w', float32Tensor([4, 3, 3, 3], new Float32Array(108)));
      const conv = e.addNode('Conv', [x, w], { outputs: ['conv'] }).outputs[0]!;
      const half = e.addNode('Cast', [conv], {
        outputs: ['half'],
        attributes: { to: intAttribute(10) },
      }).outputs[0]!;
      const positive = e.addConstant('zero', makeTensor('float16', [], new Uint8Array(2)));
      const mask = e.addNode('Greater', [half, positive], { outputs: ['mask'] }).outputs[0]!;
      const where = e.addNode('NonZero', [mask], { outputs: ['where'] }).outputs[0]!;
      const top = e.addNode('TopK', [conv, e.addConstant('k', int64Tensor([1], [2]))], {
        outputs: ['best', 'index'],
      });
      e.setType(where, { kind: 'tensor', dtype: 'int64', dims: [4, undefined] });
      e.setType(top.outputs[1]!, { kind: 'tensor', dtype: 'int64', dims: undefined });
      e.setOutputs([where, top.outputs[1]!]);
    });
    const shapes = byName(await measured(model, { H: 6, W: 5 }));
    expect(shapes).toMatchObject({
      x: [1, 3, 6, 5],
      w: [4, 3, 3, 3],
      zero: [],
      conv: [1, 4, 4, 3],
      half: [1, 4, 4, 3],
      mask: [1, 4, 4, 3],
      best: [1, 4, 4, 2],
      index: [1, 4, 4, 2],
    });
    // All weights are zero, so no output is positive.
    expect(shapes['where']).toEqual([4, 0]);
  });

  it('leaves out sequences, also those it could not foresee', async () => {
    const model = buildModel(17, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 3] });
      const parts = e.addNode('SplitToSequence', [x], {
        outputs: ['parts'],
        attributes: { axis: intAttribute(0) },
      }).outputs[0]!;
      const same = e.addNode('Identity', [parts], { outputs: ['same'] }).outputs[0]!;
      const [first] = e.addNode('SequenceAt', [same, e.addConstant('i', int64Tensor([], [0]))], {
        outputs: ['first'],
      }).outputs;
      const cond = e.addConstant('cond', makeTensor('bool', [], Uint8Array.of(1)));
      const branch = (name: string): Graph => {
        const outputs: Value[] = [];
        const graph: Graph = { name, inputs: [], outputs, nodes: [], constants: [], annotated: [] };
        outputs.push(e.addNode('Identity', [same], { graph, outputs: [name] }).outputs[0]!);
        return graph;
      };
      const chosen = e.addNode('If', [cond], {
        outputs: ['chosen'],
        attributes: {
          then_branch: { kind: 'graph', value: branch('yes') },
          else_branch: { kind: 'graph', value: branch('no') },
        },
      }).outputs[0]!;
      const back = e.addNode('ConcatFromSequence', [chosen], {
        outputs: ['back'],
        attributes: { axis: intAttribute(0) },
      }).outputs[0]!;
      e.setType(back, { kind: 'tensor', dtype: 'float32', dims: undefined });
      e.setOutputs([first!, back]);
      e.setType(first!, { kind: 'tensor', dtype: 'float32', dims: undefined });
    });
    const shapes = byName(await measured(model));
    expect(shapes).toMatchObject({ x: [2, 3], first: [1, 3], back: [2, 3] });
    for (const name of ['parts', 'same', 'chosen']) expect(shapes).not.toHaveProperty(name);
  });

  it('passes on what ONNX Runtime has against the model itself', async () => {
    const model = buildModel(17, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1] });
      const y = e.op('NoSuchOperator', [x]);
      e.setType(y, { kind: 'tensor', dtype: 'float32', dims: [1] });
      e.addOutput(y);
    });
    const failure = await measured(model).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EngineError);
    expect((failure as EngineError).code).toBe('runtime/create-failed');
    expect((failure as EngineError).detail).toContain('NoSuchOperator');
  });
});

const folder = new URL('../../../../shared/models/', import.meta.url);
/** One of each kind: residual, int8, float16, control flow, dynamic image, transformers. */
const wanted = [
  'cifar_resnet20.onnx',
  'imagenet_mobilenet_v2_qdq_badly_calibrated.onnx',
  'imagenet_squeezenet_fp16.onnx',
  'silero_vad_v6.onnx',
  'ppocr_angle_classifier.onnx',
  'stories260k_llama.onnx',
  'toy_gpt2.onnx',
];
const files = wanted.filter((name) => existsSync(new URL(name, folder)));
if (files.length < wanted.length)
  console.log(
    `not run: shapes of ${wanted.length - files.length} models absent from ../shared/models`,
  );

describe.skipIf(files.length === 0)('real models', () => {
  it.each(files)('%s: every value of the main graph gets a shape', async (file) => {
    const model = unwrap(
      readModel(memorySource(new Uint8Array(readFileSync(new URL(file, folder))), file)),
    );
    const shapes = await measured(model);
    const values = model.graph.nodes.flatMap((node) =>
      node.outputs.filter((value) => value !== undefined),
    );
    expect(values.filter((value) => !shapes.has(value)).map((value) => value.name)).toEqual([]);
  });
});
