import type { Part } from '../core/index.ts';
import type { Attribute } from '../graph/index.ts';
import { type AttributeFields, cleared } from './attribute-fields.ts';
import type { GraphDraft, ReadContext } from './drafts.ts';
import { externalInside } from './hidden-tensors.ts';
import type { AttributeNotes, RawNotes } from './notes.ts';
import { readTensor } from './read-tensor.ts';
import { attributeTags as tags, attributeTypes as types } from './schema.ts';
import type { WireCursor } from './wire-cursor.ts';

const empty = new Uint8Array(0);

/** Reads one attribute into `attributes`; returns the graphs it holds. */
export function readAttribute(
  context: ReadContext,
  end: number,
  depth: number,
  attributes: Map<string, Attribute>,
): readonly GraphDraft[] | undefined {
  const { c } = context;
  const start = c.pos;
  const found = cleared(context.scratch, depth);
  while (c.pos < end) readField(context, end, depth, found);
  if (attributes.has(found.name))
    c.fail('onnx/duplicate-name', `the attribute "${found.name}" is given twice`, start);
  const withoutType = found.type === 0;
  if (withoutType && found.seen !== 0) found.type = 31 - Math.clz32(found.seen);
  const plain = found.reference === '' ? valueOf(found) : undefined;
  const graphs = found.graphs ?? (found.graph && [found.graph]);
  // A value beside the one the type names: kept whole, the IR has no place for it.
  const others = found.seen & ~(1 << found.type);
  if (plain === undefined || others !== 0) {
    if (graphs !== undefined)
      c.fail('onnx/unsupported', 'an attribute that holds a graph and something else', start);
    attributes.set(found.name, wholeAttribute(context, start, end, found));
    return undefined;
  }
  const notes = notesFor(c, start, end, found, plain, withoutType);
  attributes.set(found.name, notes === undefined ? plain : { ...plain, opaque: notes });
  return graphs;
}

function wholeAttribute(
  { c, files }: ReadContext,
  start: number,
  end: number,
  found: AttributeFields,
): Attribute {
  const notes: RawNotes = {
    raw: c.part(start, end),
    external: externalInside(c, 'attribute', start, end, files),
  };
  const what =
    found.reference === ''
      ? (otherKinds.get(found.type) ?? 'several values')
      : `reference to ${found.reference}`;
  return { kind: 'other', description: what, opaque: notes };
}

const otherKinds: ReadonlyMap<number, string> = new Map([
  [0, 'no value'],
  [types.sparseTensor, 'sparse tensor'],
  [types.sparseTensors, 'sparse tensors'],
  [types.type, 'type'],
  [types.types, 'types'],
]);

function readField(context: ReadContext, end: number, depth: number, found: AttributeFields): void {
  const { c } = context;
  const start = c.pos;
  const tag = c.tag(end);
  const kind = kindOfTag.get(tag);
  if (kind !== undefined) found.seen |= 1 << kind;
  switch (tag) {
    case tags.name:
      found.name = c.text(end);
      if (found.name === '') (found.rest ??= []).push(c.part(start, c.pos));
      return;
    case tags.type:
      found.type = c.int32(end);
      if (found.type < 0 || found.type > types.types)
        c.fail('onnx/bad-type', `the attribute type ${found.type} does not exist`);
      if (found.type === 0) (found.rest ??= []).push(c.part(start, c.pos));
      return;
    case tags.reference:
      found.reference = c.text(end);
      if (found.reference === '') (found.rest ??= []).push(c.part(start, c.pos));
      return;
    case tags.float:
      found.float = c.float(end);
      return;
    case tags.int:
      found.int = c.int64(end);
      return;
    case tags.string:
      found.string = c.keptBytes(end);
      return;
    case tags.floats:
      (found.floats ??= []).push(c.float(end));
      return;
    case tags.floatsPacked: {
      const stop = c.length(end) + c.pos;
      while (c.pos < stop) (found.floats ??= []).push(c.float(stop));
      return;
    }
    case tags.ints:
      (found.ints ??= []).push(c.int64(end));
      return;
    case tags.intsPacked: {
      const stop = c.length(end) + c.pos;
      while (c.pos < stop) (found.ints ??= []).push(c.int64(stop));
      return;
    }
    case tags.strings:
      (found.strings ??= []).push(c.keptBytes(end));
      return;
    default:
      readNested(context, tag, start, end, depth, found);
  }
}

function readNested(
  context: ReadContext,
  tag: number,
  start: number,
  end: number,
  depth: number,
  found: AttributeFields,
): void {
  const { c, files } = context;
  switch (tag) {
    case tags.tensor:
      if (found.tensor !== undefined) c.fail('onnx/malformed', 'the tensor is given twice', start);
      c.enter('t');
      found.tensor = readTensor(c, c.length(end) + c.pos, files).tensor;
      break;
    case tags.tensors:
      c.enter('tensors', found.tensors?.length ?? 0);
      (found.tensors ??= []).push(readTensor(c, c.length(end) + c.pos, files).tensor);
      break;
    case tags.graph:
      if (found.graph !== undefined) c.fail('onnx/malformed', 'the graph is given twice', start);
      c.enter('g');
      found.graph = context.readGraph(context, c.length(end) + c.pos, depth + 1);
      break;
    case tags.graphs:
      c.enter('graphs', found.graphs?.length ?? 0);
      (found.graphs ??= []).push(context.readGraph(context, c.length(end) + c.pos, depth + 1));
      break;
    default:
      c.skip(tag, end);
      if (!kindOfTag.has(tag)) (found.rest ??= []).push(c.part(start, c.pos));
      return;
  }
  c.leave();
}

const kindOfTag: ReadonlyMap<number, number> = new Map([
  [tags.float, types.float],
  [tags.int, types.int],
  [tags.string, types.string],
  [tags.tensor, types.tensor],
  [tags.graph, types.graph],
  [tags.floats, types.floats],
  [tags.floatsPacked, types.floats],
  [tags.ints, types.ints],
  [tags.intsPacked, types.ints],
  [tags.strings, types.strings],
  [tags.tensors, types.tensors],
  [tags.graphs, types.graphs],
  [tags.sparse, types.sparseTensor],
  [tags.sparses, types.sparseTensors],
  [tags.typeProto, types.type],
  [tags.typeProtos, types.types],
]);

/** undefined for what the IR has no kind for. */
function valueOf(found: AttributeFields): Exclude<Attribute, { kind: 'other' }> | undefined {
  switch (found.type) {
    case types.float:
      return { kind: 'float', value: found.float ?? 0 };
    case types.int:
      return { kind: 'int', value: found.int ?? 0 };
    case types.string:
      return { kind: 'string', value: found.string ?? empty };
    case types.tensor:
      return found.tensor && { kind: 'tensor', value: found.tensor };
    case types.graph:
      if (found.graph === undefined) return undefined;
      return { kind: 'graph', value: found.graph.graph };
    case types.floats:
      return { kind: 'floats', value: found.floats ?? [] };
    case types.ints:
      return { kind: 'ints', value: found.ints ?? [] };
    case types.strings:
      return { kind: 'strings', value: found.strings ?? [] };
    case types.tensors:
      return { kind: 'tensors', value: found.tensors ?? [] };
    case types.graphs:
      return { kind: 'graphs', value: (found.graphs ?? []).map((draft) => draft.graph) };
    default:
      return undefined;
  }
}

function notesFor(
  c: WireCursor,
  start: number,
  end: number,
  found: AttributeFields,
  { kind, value }: Exclude<Attribute, { kind: 'other' }>,
  withoutType: boolean,
): AttributeNotes | undefined {
  // protobuf 3 leaves a 0 out: then nothing is written for as long as it is 0.
  const single = kind === 'float' || kind === 'int' || kind === 'string';
  const left = single && (found.seen & (1 << found.type)) === 0;
  // The bits of a NaN do not survive being a JavaScript number.
  const nan =
    kind === 'float' ? Number.isNaN(value) : kind === 'floats' && value.some(Number.isNaN);
  if (!left && !nan && !withoutType && found.rest === undefined) return undefined;
  const parts = nan ? fieldsOf(c, start, end, found.type) : [];
  return {
    rest: found.rest ?? [],
    raw: left || nan ? { of: value, parts } : undefined,
    withoutType,
  };
}

/** The value's fields as they stand in the file. */
function fieldsOf(c: WireCursor, start: number, end: number, type: number): Part[] {
  const parts: Part[] = [];
  c.pos = start;
  while (c.pos < end) {
    const at = c.pos;
    const tag = c.tag(end);
    c.skip(tag, end);
    if (kindOfTag.get(tag) === type) parts.push(c.part(at, c.pos));
  }
  return parts;
}
