import { describe, expect, it } from 'vitest';
import type { LayerRow, LayerRun } from '../engine/index.ts';
import { layerSeries, type LayerPair } from './chart-series-layers.ts';

describe('layerSeries', () => {
  const ran = (latencyUs: number, opType: string): LayerRun => ({
    opTypes: [opType],
    providers: ['CPUExecutionProvider'],
    latencyUs,
    share: 0,
  });
  const row = (name: string, change: Partial<LayerRow> = {}): LayerRow => ({
    name,
    opType: 'Conv',
    domain: '',
    params: 100,
    nonzeroParams: 100,
    macs: 1000,
    weightBytes: 400,
    outputShape: undefined,
    ran: undefined,
    ...change,
  });
  const reply = {
    original: [
      row('a', { ran: ran(500, 'FusedConv') }),
      row('bn', { opType: 'BatchNormalization', params: 8, macs: 16 }),
      row('b', { ran: ran(2000, 'FusedConv'), params: 300, nonzeroParams: 300 }),
      row('relu', { opType: 'Relu', params: 0, nonzeroParams: 0, macs: 0, weightBytes: 0 }),
    ],
    variant: [
      row('q', {
        opType: 'QuantizeLinear',
        params: 1,
        nonzeroParams: 1,
        macs: undefined,
        ran: ran(50, 'QuantizeLinear'),
      }),
      row('a', { ran: ran(200, 'QLinearConv'), nonzeroParams: 50 }),
      row('b', { ran: ran(900, 'QLinearConv'), params: 300, nonzeroParams: 60 }),
      row('relu', { opType: 'Relu', params: 0, nonzeroParams: 0, macs: 0, weightBytes: 0 }),
    ],
    remainder: { original: undefined, variant: ran(70, 'Transpose') },
  };
  const values = (pairs: readonly LayerPair[]) =>
    pairs.map(({ name, before, after }) => [name, before, after]);

  it('pairs by name in graph order; what only one side has keeps its place', () => {
    expect(values(layerSeries(reply, 'params', 'graph').pairs)).toEqual([
      ['q', undefined, 1],
      ['a', 100, 100],
      ['bn', 8, undefined],
      ['b', 300, 300],
    ]);
    expect(layerSeries(reply, 'params', 'graph').pairs.map((pair) => pair.sides)).toEqual([
      'variant',
      'both',
      'original',
      'both',
    ]);
  });

  it('shows latency in ms with the fused operator and the device, and keeps the remainder as the last row', () => {
    const { pairs, totals } = layerSeries(reply, 'latency', 'cost');
    expect(values(pairs)).toEqual([
      ['b', 2, 0.9],
      ['a', 0.5, 0.2],
      ['q', undefined, 0.05],
      ['', undefined, 0.07],
    ]);
    expect(pairs[0]).toMatchObject({ ranAs: ['QLinearConv'], devices: ['CPUExecutionProvider'] });
    expect(pairs.at(-1)).toMatchObject({ kind: 'remainder', ranAs: ['Transpose'] });
    expect(totals.before).toBeCloseTo(2.5, 10);
    expect(totals.after).toBeCloseTo(0.05 + 0.2 + 0.9 + 0.07, 10);
  });

  it('counts the layers that have nothing of the metric', () => {
    expect(layerSeries(reply, 'params', 'graph').hidden).toBe(1);
  });

  it('weighs sparsity by parameters: of the whole, not the mean of the layers', () => {
    const { pairs, totals } = layerSeries(reply, 'sparsity', 'graph');
    expect(pairs.find((pair) => pair.name === 'b')).toMatchObject({ before: 0, after: 0.8 });
    expect(totals.after).toBeCloseTo((50 + 240) / 401, 10);
  });

  it('keeps thousands of layers in order', () => {
    const names = Array.from({ length: 3000 }, (_, i) => `n${i}`);
    const many = {
      original: names.map((name) => row(name)),
      variant: names.filter((_, i) => i % 3 !== 1).map((name) => row(name)),
      remainder: { original: undefined, variant: undefined },
    };
    expect(layerSeries(many, 'params', 'graph').pairs.map((pair) => pair.name)).toEqual(names);
  });
});
