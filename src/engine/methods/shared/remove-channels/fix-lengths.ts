import {
  keptSize,
  losesAny,
  type ChannelAxis,
  type ChannelGroups,
  type KeptLeaves,
  type LengthFix,
} from '../../../analysis/index.ts';
import {
  intAttribute,
  intsAttribute,
  type ModelEdit,
  type Node,
  type Value,
} from '../../../graph/index.ts';
import { elementCount } from '../../../tensor/index.ts';
import { constantOf } from '../constant-of.ts';
import { LengthWriter } from './length-writer.ts';

/**
 * Writes anew the numbers in the graph that name lengths of axes which have shrunk. What other nodes read stays as it is: each reader whose numbers
 * change is given other constants.
 */
export function fixLengths(
  e: ModelEdit,
  { fixes, dims }: Pick<ChannelGroups, 'fixes' | 'dims'>,
  kept: KeptLeaves,
): void {
  const lengths = new Map<Value, number>();
  for (const [value, [axis, more]] of dims)
    if (axis !== undefined && more === undefined) lengths.set(e.value(value), axis.size);
  const writer = new LengthWriter(e, (value) => lengths.get(value));
  for (const fix of fixes) {
    switch (fix.kind) {
      case 'attribute':
        if (losesAny(fix.dim, kept))
          e.setAttribute(fix.node, fix.name, intAttribute(keptSize(fix.dim, kept)));
        break;
      case 'target':
        fixTarget(e, fix, kept, writer);
        break;
      case 'split':
        fixSplit(e, fix, kept, writer);
        break;
      case 'slice':
        fixSlice(e, fix, kept, writer);
        break;
      case 'index':
        fixIndex(e, fix, kept, writer);
        break;
    }
  }
}

const anyLoses = (dims: readonly ChannelAxis[], kept: KeptLeaves): boolean =>
  dims.some((dim) => losesAny(dim, kept));

const total = (dims: readonly ChannelAxis[], kept: KeptLeaves): number =>
  dims.reduce((sum, dim) => sum + keptSize(dim, kept), 0);

type FixOf<Kind extends LengthFix['kind']> = Extract<LengthFix, { kind: Kind }>;

/** Numbers change; 0 (copy), -1 (the rest), 1 (broadcast) and what is computed from the right sizes stay. */
function fixTarget(
  e: ModelEdit,
  { node, index, entries, dims }: FixOf<'target'>,
  kept: KeptLeaves,
  writer: LengthWriter,
): void {
  const changes = new Map<number, number>();
  for (const [i, entry] of entries.entries()) {
    const dim = dims[i];
    if (dim === undefined || entry.kind !== 'number' || entry.value <= 1) continue;
    if (losesAny(dim, kept)) changes.set(i, keptSize(dim, kept));
  }
  if (changes.size === 0) return;
  const value = e.node(node).inputs[index] as Value;
  e.setInput(node, index, writer.changed(value, entries.length, changes));
}

function fixSplit(
  e: ModelEdit,
  { node, ranges }: FixOf<'split'>,
  kept: KeptLeaves,
  writer: LengthWriter,
): void {
  if (!anyLoses(ranges, kept)) return;
  const sizes = ranges.map((range) => keptSize(range, kept));
  e.setAttribute(node, 'num_outputs', undefined);
  if ((e.model.opsets.get('') ?? 0) < 13) e.setAttribute(node, 'split', intsAttribute(sizes));
  else e.setInput(node, 1, writer.vector(sizes));
}

function fixSlice(
  e: ModelEdit,
  { node, entry, entries, before, range }: FixOf<'slice'>,
  kept: KeptLeaves,
  writer: LengthWriter,
): void {
  if (!anyLoses([...before, range], kept)) return;
  const start = total(before, kept);
  const end = start + keptSize(range, kept);
  const write = (attribute: string, index: number, number: number): void => {
    const written = e.node(node).attributes.get(attribute);
    if (written?.kind === 'ints') {
      const numbers = written.value.map((old, i) => (i === entry ? number : old));
      e.setAttribute(node, attribute, intsAttribute(numbers));
    } else {
      const value = e.node(node).inputs[index] as Value;
      e.setInput(node, index, writer.changed(value, entries, new Map([[entry, number]])));
    }
  };
  write('starts', 1, start);
  write('ends', 2, end);
}

function fixIndex(
  e: ModelEdit,
  { node, before }: FixOf<'index'>,
  kept: KeptLeaves,
  writer: LengthWriter,
): void {
  if (!anyLoses(before, kept)) return;
  const constant = constantOf(e.node(node).inputs[1]);
  if (constant === undefined || elementCount(constant.dims) !== 1)
    throw new Error(`the index of ${labelOf(node)} is computed`);
  e.setInput(node, 1, writer.replaced(constant, new Map([[0, total(before, kept)]])));
}

const labelOf = (node: Node): string => node.name || node.opType;
