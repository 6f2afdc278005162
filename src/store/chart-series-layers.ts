import type { LayerRow, LayerRun } from '../engine/index.ts';
import type { LayersReply } from '../worker/protocol.ts';

/** Layers of the original beside those of the variant, one number of each. */
export const layerMetrics = ['latency', 'macs', 'params', 'bytes', 'sparsity'] as const;
export type LayerMetric = (typeof layerMetrics)[number];
export type LayerOrder = 'graph' | 'cost';

export interface LayerPair {
  readonly id: string;
  readonly name: string;
  readonly kind: 'layer' | 'remainder';
  /** Operator in the graph; in the variant's graph where the two differ. */
  readonly opType: string;
  /** What really ran for the variant (the original where the variant has no such layer), after fusion; empty without a profile. */
  readonly ranAs: readonly string[];
  readonly devices: readonly string[];
  /** Which sides have the layer. */
  readonly sides: 'both' | 'original' | 'variant';
  readonly before: number | undefined;
  readonly after: number | undefined;
}

export interface LayerSeries {
  readonly pairs: readonly LayerPair[];
  /** Layers that have nothing of this metric (no weights, no profile row): left out. */
  readonly hidden: number;
  readonly totals: { readonly before: number | undefined; readonly after: number | undefined };
}

/** Latency in ms, sparsity as a share, the rest as counts. undefined: the row has no such number. */
const values: Readonly<Record<LayerMetric, (row: LayerRow) => number | undefined>> = {
  latency: ({ ran }) => ran && ran.latencyUs / 1000,
  macs: ({ macs }) => macs,
  params: ({ params }) => params,
  bytes: ({ weightBytes }) => weightBytes,
  sparsity: ({ params, nonzeroParams }) => (params === 0 ? undefined : 1 - nonzeroParams / params),
};

/** Pairs by name, in graph order or the costliest first; the remainder of the profile always last. */
export function layerSeries(
  reply: LayersReply,
  metric: LayerMetric,
  order: LayerOrder,
): LayerSeries {
  const all = mergeInOrder(reply.original, reply.variant).map((sides) => pairOf(sides, metric));
  const telling = all.filter((pair) => isTelling(pair, metric));
  const pairs = order === 'graph' ? telling : telling.toSorted((a, b) => largest(b) - largest(a));
  const rest = metric === 'latency' ? remainderPair(reply.remainder) : undefined;
  return {
    pairs: rest === undefined ? pairs : [...pairs, rest],
    hidden: all.length - telling.length,
    totals: {
      before: total(reply.original, reply.remainder.original, metric),
      after: total(reply.variant, reply.remainder.variant, metric),
    },
  };
}

/** For sparsity a zero says something; for costs a row of zeros is only noise. */
const isTelling = (pair: LayerPair, metric: LayerMetric): boolean =>
  metric === 'sparsity' ? pair.before !== undefined || pair.after !== undefined : largest(pair) > 0;

const largest = (pair: LayerPair): number => Math.max(pair.before ?? 0, pair.after ?? 0);

interface Sides {
  readonly original: LayerRow | undefined;
  readonly variant: LayerRow | undefined;
}

/** The variant's order, with each layer that only the original has behind its predecessor there. */
function mergeInOrder(original: readonly LayerRow[], variant: readonly LayerRow[]): Sides[] {
  const kept = new Set(variant.map((row) => row.name));
  const byName = new Map(original.map((row) => [row.name, row]));
  const gone = new Map<string | undefined, LayerRow[]>();
  let previous: string | undefined;
  for (const row of original) {
    if (kept.has(row.name)) previous = row.name;
    else gone.set(previous, [...(gone.get(previous) ?? []), row]);
  }
  const goneAfter = (name: string | undefined): Sides[] =>
    (gone.get(name) ?? []).map((row) => ({ original: row, variant: undefined }));
  return [
    ...goneAfter(undefined),
    ...variant.flatMap((row) => [
      { original: byName.get(row.name), variant: row },
      ...(byName.has(row.name) ? goneAfter(row.name) : []),
    ]),
  ];
}

function pairOf({ original, variant }: Sides, metric: LayerMetric): LayerPair {
  const shown = variant ?? original;
  const ran = (variant ?? original)?.ran;
  return {
    id: `layer:${shown?.name ?? ''}`,
    name: shown?.name ?? '',
    kind: 'layer',
    opType: shown?.opType ?? '',
    ranAs: ran?.opTypes ?? [],
    devices: ran?.providers ?? [],
    sides: original === undefined ? 'variant' : variant === undefined ? 'original' : 'both',
    before: original === undefined ? undefined : values[metric](original),
    after: variant === undefined ? undefined : values[metric](variant),
  };
}

function remainderPair({ original, variant }: LayersReply['remainder']): LayerPair | undefined {
  const ran = variant ?? original;
  if (ran === undefined) return undefined;
  return {
    id: 'remainder',
    name: '',
    kind: 'remainder',
    opType: '',
    ranAs: ran.opTypes,
    devices: ran.providers,
    sides: original === undefined ? 'variant' : variant === undefined ? 'original' : 'both',
    before: original === undefined ? undefined : original.latencyUs / 1000,
    after: variant === undefined ? undefined : variant.latencyUs / 1000,
  };
}

/** Sum over all layers; the sparsity of all weights together. undefined when no row knows the number. */
function total(
  rows: readonly LayerRow[],
  rest: LayerRun | undefined,
  metric: LayerMetric,
): number | undefined {
  if (metric === 'sparsity') {
    const params = rows.reduce((sum, row) => sum + row.params, 0);
    const nonzero = rows.reduce((sum, row) => sum + row.nonzeroParams, 0);
    return params === 0 ? undefined : 1 - nonzero / params;
  }
  const known = rows.map(values[metric]).filter((value) => value !== undefined);
  if (metric === 'latency' && rest !== undefined) known.push(rest.latencyUs / 1000);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}
