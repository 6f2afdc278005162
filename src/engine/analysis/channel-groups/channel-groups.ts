import type { Model, Node, Value } from '../../graph/index.ts';
import type { ShapeMap } from '../../runtime/index.ts';
import { dtypeTable, elementCount } from '../../tensor/index.ts';
import { weightSites, type WeightKind } from '../weight-sites.ts';
import { factorsOf, isBlocked, rangesOf, reasonOf, resolve, type Dim } from './dim.ts';
import type { LengthFix } from './fixes.ts';
import { channelAt } from './kept-places.ts';
import { freeLeaves, trace } from './trace.ts';
import type { StoredTensor } from './tracer.ts';

/**
 * What must be cut together, from the graph and its measured shapes alone. A group is a set of channels, any of which can be removed from the
 * whole model: from every stored tensor along every axis listed in its slices. Groups are independent of each other, but two that are digits
 * of one axis (heads and the features of a head) multiply: `within` names the outer one, which is the one to cut.
 */
export interface ChannelGroup {
  readonly id: number;
  /** Channels (or heads, groups, embedding columns …). */
  readonly size: number;
  readonly slices: readonly GroupSlice[];
  /** Operators whose weight makes these channels, in the order of the graph. */
  readonly producers: readonly Node[];
  /** Operators whose weight sums over these channels. */
  readonly consumers: readonly Node[];
  /**
   * The operator that takes a mean or maximum over the channels (LayerNormalization …): removing channels of zeros still changes
   * what it computes. undefined: the removal of zeros is exact.
   */
  readonly mixedBy: string | undefined;
  /** The outer group of the same axis, where there is one. */
  readonly within: ChannelGroup | undefined;
  readonly leaf: Dim;
}

/** Where the channels of a group lie along one axis of a stored tensor. */
export interface GroupSlice {
  readonly stored: StoredTensor;
  readonly axis: number;
}

/** A layer that keeps all its output channels, and why. */
export interface KeptWhole {
  readonly node: Node;
  readonly value: Value;
  readonly reason: string;
}

export interface ChannelGroups {
  readonly groups: readonly ChannelGroup[];
  readonly keptWhole: readonly KeptWhole[];
  /** Axes of every value of the main graph. */
  readonly dims: ReadonlyMap<Value, readonly Dim[]>;
  readonly stored: readonly StoredTensor[];
  readonly fixes: readonly LengthFix[];
}

export function channelGroups(model: Model, shapes: ShapeMap): ChannelGroups {
  const tracer = trace(model, shapes);
  const slices = new Map<Dim, GroupSlice[]>();
  for (const stored of tracer.stored)
    for (const [axis, dim] of stored.dims.entries())
      for (const leaf of freeLeaves(dim)) {
        const list = slices.get(leaf);
        if (list === undefined) slices.set(leaf, [{ stored, axis }]);
        else list.push({ stored, axis });
      }
  const outer = outerLeaves(tracer.stored);
  const roles = rolesOf(model, tracer.stored);
  const groups = new Map<Dim, MutableGroup>();
  for (const [leaf, own] of slices) {
    if (leaf.size < 2 || !own.some(({ stored }) => isWeight(stored))) continue;
    groups.set(leaf, {
      id: groups.size,
      size: leaf.size,
      slices: own,
      producers: nodesWith(roles, own, 'output'),
      consumers: nodesWith(roles, own, 'input'),
      mixedBy: leaf.mixedBy,
      within: undefined,
      leaf,
    });
  }
  for (const [leaf, group] of groups) {
    const above = outer.get(leaf);
    group.within = above === undefined ? undefined : groups.get(above);
  }
  return {
    groups: [...groups.values()],
    keptWhole: wholeLayers(model, tracer.stored),
    dims: tracer.dims,
    stored: tracer.stored,
    fixes: tracer.fixes,
  };
}

type MutableGroup = { -readonly [K in keyof ChannelGroup]: ChannelGroup[K] };

const isWeight = ({ tensor }: StoredTensor): boolean =>
  dtypeTable[tensor.dtype].kind !== 'bool' &&
  tensor.dims.filter((size) => size > 1).length >= 2 &&
  elementCount(tensor.dims) > 1;

/** Positions along the slice's axis that belong to one channel of the group. */
export function slicePositions(group: ChannelGroup, slice: GroupSlice, unit: number): Uint32Array {
  const dim = slice.stored.dims[slice.axis] as Dim;
  const places: number[] = [];
  channelAt(dim, group.leaf).forEach((channel, place) => {
    if (channel === unit) places.push(place);
  });
  return Uint32Array.from(places);
}

/** For each leaf that is an inner digit of some axis, the outermost free digit there. */
function outerLeaves(stored: readonly StoredTensor[]): ReadonlyMap<Dim, Dim> {
  const outer = new Map<Dim, Dim>();
  for (const { dims } of stored)
    for (const dim of dims)
      for (const range of rangesOf(dim)) {
        const free = factorsOf(range).flatMap(freeLeaves);
        const [first, ...inner] = free;
        if (first === undefined || outer.has(first)) continue;
        for (const leaf of inner) if (leaf !== first && !outer.has(leaf)) outer.set(leaf, first);
      }
  return outer;
}

interface Role {
  readonly node: Node;
  readonly outputAxis: number;
  readonly inputAxis: number;
  readonly kind: WeightKind;
}

function rolesOf(
  model: Model,
  stored: readonly StoredTensor[],
): ReadonlyMap<Value, readonly Role[]> {
  const roles = new Map<Value, Role[]>();
  const values = new Set(stored.map(({ value }) => value));
  for (const site of weightSites(model)) {
    if (!values.has(site.value)) continue;
    const list = roles.get(site.value);
    if (list === undefined) roles.set(site.value, [site]);
    else list.push(site);
  }
  return roles;
}

function nodesWith(
  roles: ReadonlyMap<Value, readonly Role[]>,
  slices: readonly GroupSlice[],
  side: 'input' | 'output',
): readonly Node[] {
  const found = new Set<Node>();
  for (const { stored, axis } of slices)
    for (const role of roles.get(stored.value) ?? [])
      if (axis === (side === 'output' ? role.outputAxis : role.inputAxis)) found.add(role.node);
  return [...found];
}

function wholeLayers(model: Model, stored: readonly StoredTensor[]): readonly KeptWhole[] {
  const dimsOf = new Map<Value, readonly Dim[]>();
  for (const { value, dims } of stored) dimsOf.set(value, dims);
  const kept: KeptWhole[] = [];
  for (const { node, value, outputAxis } of weightSites(model)) {
    const dim = dimsOf.get(value)?.[outputAxis];
    if (node.graph !== model.graph) kept.push({ node, value, reason: 'it lies in a subgraph' });
    else if (dim !== undefined && isBlocked(dim) && resolve(dim).size > 1)
      kept.push({ node, value, reason: reasonOf(dim) ?? 'it must stay' });
  }
  return kept;
}
