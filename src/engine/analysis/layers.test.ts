import { afterAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, quietTask } from '../core/index.ts';
import { buildModel, type Model, type Value } from '../graph/index.ts';
import { toModelFile } from '../onnx/index.ts';
import { measureShapes, syntheticInputs, type ProfiledNode } from '../runtime/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import { joinProfile } from './join-profile.ts';
import { layerNames, layerRows, withLayerNames } from './layers.ts';

const runtime = await createNodeRuntime('wasm', 1);
afterAll(() => runtime.dispose());

/** conv (unnamed) → relu "a" → x · sigmoid(x) with both nodes named "a" → matmul + bias, unnamed. */
const model: Model = buildModel(17, (e) => {
  const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1, 2, 6, 6] });
  const weight = (name: string, dims: readonly number[], values: number): Value =>
    e.addConstant(
      name,
      float32Tensor(
        dims,
        Float32Array.from({ length: values }, (_, i) => i % 3),
      ),
    );
  const conv = e.op('Conv', [x, weight('w', [4, 2, 3, 3], 72)]);
  const relu = e.op('Relu', [conv]);
  const pool = e.op('GlobalAveragePool', [relu]);
  const sigmoid = e.op('Sigmoid', [pool]);
  const silu = e.op('Mul', [pool, sigmoid]);
  const flat = e.op('Flatten', [silu]);
  const product = e.op('MatMul', [flat, weight('m', [4, 3], 12)]);
  const sum = e.op('Add', [product, weight('b', [3], 3)]);
  e.setType(sum, { kind: 'tensor', dtype: 'float32', dims: [1, 3] });
  e.addOutput(sum);
  const names = ['', 'a', 'a', 'a', 'a_3', 'flat', '', ''];
  e.model.graph.nodes.forEach((node, i) => e.renameNode(node, names[i]!));
});

describe('layers', () => {
  it('have unique names: their own, or the operator and the position', () => {
    const names = [...layerNames(model).values()];
    expect(names).toEqual(['Conv_0', 'a', 'a_2', 'a_3_1', 'a_3', 'flat', 'MatMul_6', 'Add_7']);
    expect(withLayerNames(model).graph.nodes.map((node) => node.name)).toEqual(names);
    const named = withLayerNames(model);
    expect(withLayerNames(named)).toBe(named);
  });

  it('say what each node holds and costs', async () => {
    // ONNX Runtime refuses two nodes of one name.
    const named = withLayerNames(model);
    const shapes = await measureShapes(
      named,
      runtime,
      syntheticInputs(named, createRng(1)),
      quietTask,
    );
    const rows = layerRows(named, shapes);
    expect(rows[0]).toEqual({
      name: 'Conv_0',
      opType: 'Conv',
      domain: '',
      params: 72,
      nonzeroParams: 48,
      macs: 4 * 16 * 18,
      weightBytes: 288,
      outputShape: [1, 4, 4, 4],
      ran: undefined,
    });
    expect(
      rows.map(({ params, nonzeroParams, macs, weightBytes }) => [
        params,
        nonzeroParams,
        macs,
        weightBytes,
      ]),
    ).toEqual([
      [72, 48, 1152, 288],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [12, 8, 12, 48],
      [3, 2, 0, 12],
    ]);
    expect(layerRows(model, undefined)[0]).toMatchObject({
      macs: undefined,
      outputShape: undefined,
      params: 72,
    });
  });

  it('find the kernels that ran for them in a real profile', async () => {
    const feeds = syntheticInputs(model, createRng(1));
    const profile = await runtime.profile(toModelFile(withLayerNames(model)), feeds);
    const { layers, remainder, totalUs } = joinProfile(layerRows(model, undefined), profile);
    expect(remainder).toBeUndefined();
    expect(
      layers.flatMap(({ name, ran }) => (ran === undefined ? [] : [[name, ...ran.opTypes]])),
    ).toEqual([
      ['Conv_0', 'FusedConv'],
      ['a_2', 'GlobalAveragePool'],
      ['a_3', 'QuickGelu'],
      ['flat', 'Flatten'],
      ['MatMul_6', 'Gemm'],
    ]);
    expect(totalUs).toBe(profile.reduce((sum, kernel) => sum + kernel.durationUs, 0));
    expect(layers.reduce((sum, { ran }) => sum + (ran?.latencyUs ?? 0), 0)).toBe(totalUs);
  });
});

describe('joinProfile', () => {
  const kernel = (name: string, durationUs: number, opType = 'Conv'): ProfiledNode => ({
    name,
    opType,
    provider: 'CPUExecutionProvider',
    durationUs,
    outputShapes: [],
  });
  const layersNamed = (...names: string[]) =>
    names.map((name) => ({
      name,
      opType: 'Conv',
      domain: '',
      params: 0,
      nonzeroParams: 0,
      macs: 0,
      weightBytes: 0,
      outputShape: undefined,
      ran: undefined,
    }));

  it('knows how ONNX Runtime renames what it fuses', () => {
    const layers = layersNamed(
      'conv',
      'Mul_43',
      '/b.0/MatMul',
      'Gemm_609',
      'odd/Fusion/',
      'x_token_1',
    );
    const { layers: joined, remainder } = joinProfile(layers, [
      kernel('conv_token_12', 1),
      kernel('Mul_43/QuickGeluFusion/', 2),
      kernel('/b.0/MatMul/MatmulTransposeFusion//MatMulScaleFusion/', 3),
      kernel('fused Gemm_609', 4),
      kernel('odd/Fusion/', 5),
      kernel('x_token_1', 6),
    ]);
    expect(joined.map((layer) => layer.ran?.latencyUs)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(remainder).toBeUndefined();
  });

  it('keeps what belongs to no layer, and adds up what became several kernels', () => {
    const { layers, remainder, totalUs } = joinProfile(layersNamed('conv', 'gone'), [
      kernel('conv', 10),
      kernel('conv', 30, 'FusedConv'),
      kernel('Transpose', 40, 'Transpose'),
      kernel('Transpose_token_5', 20, 'Transpose'),
    ]);
    expect(totalUs).toBe(100);
    expect(layers[0]?.ran).toEqual({
      opTypes: ['Conv', 'FusedConv'],
      providers: ['CPUExecutionProvider'],
      latencyUs: 40,
      share: 0.4,
    });
    expect(layers[1]?.ran).toBeUndefined();
    expect(remainder).toEqual({
      opTypes: ['Transpose'],
      providers: ['CPUExecutionProvider'],
      latencyUs: 60,
      share: 0.6,
    });
  });
});
