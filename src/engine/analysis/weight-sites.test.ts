import { describe, expect, it } from 'vitest';
import {
  buildModel,
  intAttribute,
  intsAttribute,
  type ModelEdit,
  type Value,
} from '../graph/index.ts';
import { elementCount, float32Tensor, int64Tensor } from '../tensor/index.ts';
import { createStatistics } from './statistics.ts';
import { indirectWeightSites, weightSites, type WeightSite } from './weight-sites.ts';

const constant = (e: ModelEdit, name: string, dims: readonly number[]): Value =>
  e.addConstant(name, float32Tensor(dims, new Float32Array(elementCount(dims))));

const model = buildModel(17, (e) => {
  const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: undefined });
  const ids = e.addInput('ids', { kind: 'tensor', dtype: 'int64', dims: [1] });
  const outputs = [
    e.op('Conv', [x, constant(e, 'conv', [8, 4, 3, 3]), constant(e, 'bias', [8])]),
    e.op('ConvTranspose', [x, constant(e, 'deconv', [4, 8, 2, 2])]),
    e.op('Gemm', [x, constant(e, 'gemm', [4, 8])]),
    e.op('Gemm', [x, constant(e, 'gemmT', [8, 4])], { transB: intAttribute(1) }),
    e.op('Gemm', [constant(e, 'gemmA', [8, 4]), x]),
    e.op('Gemm', [constant(e, 'gemmAT', [4, 8]), x], { transA: intAttribute(1) }),
    e.op('MatMul', [x, constant(e, 'right', [2, 4, 8])]),
    e.op('MatMul', [constant(e, 'left', [8, 4]), x]),
    e.op('MatMul', [x, constant(e, 'vector', [4])]),
    e.addNode('LSTM', [x, constant(e, 'W', [1, 8, 4]), constant(e, 'R', [1, 8, 2])], { outputs: 1 })
      .outputs[0]!,
    e.op('Gather', [constant(e, 'embedding', [100, 8]), ids]),
    e.op('Gather', [e.addConstant('table', int64Tensor([2, 2], [1, 2, 3, 4])), ids]),
    e.op('MatMul', [
      x,
      e.op('Transpose', [constant(e, 'turned', [8, 4])], { perm: intsAttribute([1, 0]) }),
    ]),
    e.op('Conv', [
      x,
      e.op('Identity', [
        e.op('Cast', [constant(e, 'cast', [8, 4, 1, 1])], { to: intAttribute(1) }),
      ]),
    ]),
    e.op('Add', [x, constant(e, 'added', [8])]),
  ];
  e.setOutputs(outputs);
});

const table = (sites: readonly WeightSite[]): Record<string, unknown> =>
  Object.fromEntries(
    sites.map((site) => [
      site.value.name,
      [site.kind, site.index, site.outputAxis, site.inputAxis],
    ]),
  );

describe('weight sites', () => {
  it('are what operators multiply by, with the axes of their own layout', () => {
    expect(table(weightSites(model))).toEqual({
      conv: ['conv', 1, 0, 1],
      deconv: ['conv-transpose', 1, 1, 0],
      gemm: ['gemm', 1, 1, 0],
      gemmT: ['gemm', 1, 0, 1],
      gemmA: ['gemm', 0, 0, 1],
      gemmAT: ['gemm', 0, 1, 0],
      right: ['matmul', 1, 2, 1],
      left: ['matmul', 0, 0, 1],
      W: ['recurrent', 1, 1, 2],
      R: ['recurrent', 2, 1, 2],
      embedding: ['embedding', 0, 1, 0],
    });
  });

  it('name dims of one size: 8 outputs and 4 inputs, whatever the layout', () => {
    for (const site of weightSites(model)) {
      const dims = site.value.constant?.dims ?? [];
      if (site.kind === 'embedding' || site.kind === 'recurrent') continue;
      expect([site.value.name, dims[site.outputAxis], dims[site.inputAxis]]).toEqual([
        site.value.name,
        8,
        4,
      ]);
    }
  });

  it('are traced through Identity, Cast and Transpose, with the axes of the constant', () => {
    const sites = indirectWeightSites(model);
    expect(table(sites)).toEqual({ turned: ['matmul', 1, 0, 1], cast: ['conv', 1, 0, 1] });
    expect(sites.map((site) => site.via.map((node) => node.opType))).toEqual([
      ['Transpose'],
      ['Cast', 'Identity'],
    ]);
  });

  it('reach methods without the embeddings', () => {
    const kinds = createStatistics(model).weights.map((site) => site.kind);
    expect(kinds).not.toContain('embedding');
    expect(kinds).toHaveLength(weightSites(model).length - 1);
  });
});
