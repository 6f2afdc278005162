import {
  keptSize,
  losesAny,
  type ChannelAxis,
  type LengthFix,
  type KeptLeaves,
} from '../../../analysis/index.ts';
import {
  intAttribute,
  intsAttribute,
  isOp,
  type ModelEdit,
  type Node,
  type Value,
} from '../../../graph/index.ts';
import { dtypeTable, int64Tensor, makeTensor, type Tensor } from '../../../tensor/index.ts';
import { constantOf } from '../constant-of.ts';
import { integers } from '../integers-of.ts';

/** Writes anew the numbers in the graph that name lengths of axes which have shrunk. Each reader gets its own copy. */
export function fixLengths(e: ModelEdit, fixes: readonly LengthFix[], kept: KeptLeaves): void {
  for (const fix of fixes) {
    switch (fix.kind) {
      case 'attribute':
        if (losesAny(fix.dim, kept))
          e.setAttribute(fix.node, fix.name, intAttribute(keptSize(fix.dim, kept)));
        break;
      case 'target':
        fixTarget(e, fix, kept);
        break;
      case 'split':
        fixSplit(e, fix, kept);
        break;
      case 'slice':
        fixSlice(e, fix, kept);
        break;
      case 'index':
        if (anyLoses(fix.before, kept)) fixIndex(e, fix, kept);
        break;
    }
  }
}

const anyLoses = (dims: readonly ChannelAxis[], kept: KeptLeaves): boolean =>
  dims.some((dim) => losesAny(dim, kept));

const total = (dims: readonly ChannelAxis[], kept: KeptLeaves): number =>
  dims.reduce((sum, dim) => sum + keptSize(dim, kept), 0);

type Target = Extract<LengthFix, { kind: 'target' }>;

/** Numbers that change, by their place; 0 (copy), -1 (the rest) and 1 (broadcast) stay. */
function changesOf({ entries, dims }: Target, kept: KeptLeaves): ReadonlyMap<number, number> {
  const changes = new Map<number, number>();
  for (const [i, entry] of entries.entries()) {
    const dim = dims[i];
    if (dim === undefined || entry.kind !== 'number' || entry.value <= 1) continue;
    if (losesAny(dim, kept)) changes.set(i, keptSize(dim, kept));
  }
  return changes;
}

function fixTarget(e: ModelEdit, fix: Target, kept: KeptLeaves): void {
  const changes = changesOf(fix, kept);
  if (changes.size === 0) return;
  const value = e.node(fix.node).inputs[fix.index] as Value;
  const constant = constantOf(value);
  const next =
    constant === undefined
      ? computedTarget(e, value, fix.entries.length, changes)
      : e.addConstant(
          `${value.name}_cut`,
          withIntegers(constant, (numbers) => {
            for (const [i, size] of changes) numbers[i] = size;
          }),
        );
  e.setInput(fix.node, fix.index, next);
}

function withIntegers(tensor: Tensor, change: (numbers: number[]) => void): Tensor {
  const numbers = integers(tensor);
  change(numbers);
  if (tensor.dtype === 'int64') return int64Tensor(tensor.dims, numbers);
  return makeTensor(tensor.dtype, tensor.dims, new Uint8Array(Int32Array.from(numbers).buffer));
}

/** The pieces of a Concat with some numbers replaced; what is no Concat of known pieces is taken apart by Slice. */
function computedTarget(
  e: ModelEdit,
  value: Value,
  length: number,
  changes: ReadonlyMap<number, number>,
): Value {
  const pieces =
    concatPieces(value, length) ?? Array.from({ length }, (_, i) => sliceOf(e, value, i));
  let at = 0;
  const parts = pieces.map((piece) => {
    const constant = constantOf(piece);
    const size = constant === undefined ? 1 : integers(constant).length;
    const start = at;
    at += size;
    if (![...changes.keys()].some((i) => i >= start && i < at)) return piece;
    const numbers = constant === undefined ? [0] : integers(constant);
    for (const [i, changed] of changes) if (i >= start && i < at) numbers[i - start] = changed;
    return e.addConstant('whittle/lengths', int64Tensor([numbers.length], numbers));
  });
  return e.op('Concat', parts, { axis: intAttribute(0) });
}

/** Constant pieces of any length, computed ones of length 1. */
function concatPieces(value: Value, length: number): readonly Value[] | undefined {
  const node = value.producer;
  if (!isOp(node, 'Concat')) return undefined;
  const pieces = node.inputs.filter((input) => input !== undefined);
  let known = 0;
  for (const piece of pieces) {
    const constant = constantOf(piece);
    if (constant === undefined && !isOp(piece.producer, 'Unsqueeze')) return undefined;
    known += constant === undefined ? 1 : integers(constant).length;
  }
  return known === length ? pieces : undefined;
}

function sliceOf(e: ModelEdit, value: Value, at: number): Value {
  const isOld = (e.model.opsets.get('') ?? 0) < 10;
  if (isOld)
    return e.op('Slice', [value], { starts: intsAttribute([at]), ends: intsAttribute([at + 1]) });
  const [start, end] = [at, at + 1].map((bound) =>
    e.addConstant('whittle/place', int64Tensor([1], [bound])),
  );
  return e.op('Slice', [value, start, end]);
}

function fixSplit(
  e: ModelEdit,
  { node, ranges }: Extract<LengthFix, { kind: 'split' }>,
  kept: KeptLeaves,
): void {
  if (!anyLoses(ranges, kept)) return;
  const sizes = ranges.map((range) => keptSize(range, kept));
  e.setAttribute(node, 'num_outputs', undefined);
  if ((e.model.opsets.get('') ?? 0) < 13) e.setAttribute(node, 'split', intsAttribute(sizes));
  else e.setInput(node, 1, e.addConstant('whittle/ranges', int64Tensor([sizes.length], sizes)));
}

function fixSlice(
  e: ModelEdit,
  { node, entry, entries, before, range }: Extract<LengthFix, { kind: 'slice' }>,
  kept: KeptLeaves,
): void {
  if (!anyLoses([...before, range], kept)) return;
  const start = total(before, kept);
  writeEntry(e, node, ['starts', 1], [entry, entries], start);
  writeEntry(e, node, ['ends', 2], [entry, entries], start + keptSize(range, kept));
}

function writeEntry(
  e: ModelEdit,
  node: Node,
  [attribute, index]: readonly [string, number],
  [entry, entries]: readonly [number, number],
  number: number,
): void {
  const now = e.node(node);
  const written = now.attributes.get(attribute);
  if (written?.kind === 'ints') {
    e.setAttribute(
      node,
      attribute,
      intsAttribute(written.value.map((old, i) => (i === entry ? number : old))),
    );
    return;
  }
  const value = now.inputs[index] as Value;
  const constant = constantOf(value);
  const next =
    constant === undefined
      ? computedTarget(e, value, entries, new Map([[entry, number]]))
      : e.addConstant(
          `${value.name}_cut`,
          withIntegers(constant, (numbers) => {
            numbers[entry] = number;
          }),
        );
  e.setInput(node, index, next);
}

function fixIndex(
  e: ModelEdit,
  { node, before }: Extract<LengthFix, { kind: 'index' }>,
  kept: KeptLeaves,
): void {
  const value = e.node(node).inputs[1] as Value;
  const constant = constantOf(value);
  if (constant === undefined || dtypeTable[constant.dtype].kind !== 'int')
    throw new Error(`the index of ${node.name} is computed`);
  e.setInput(
    node,
    1,
    e.addConstant(
      `${value.name}_cut`,
      withIntegers(constant, (n) => n.fill(total(before, kept))),
    ),
  );
}
