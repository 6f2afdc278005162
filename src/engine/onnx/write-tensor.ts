import type { Part, Span } from '../core/index.ts';
import type { SparseTensor, Tensor } from '../tensor/index.ts';
import { notesOfTensor } from './notes.ts';
import { PartWriter } from './part-writer.ts';
import { dtypeCodes } from './schema.ts';
import { WireCursor } from './wire-cursor.ts';

/**
 * Tensor → TensorProto. A tensor that was read and not touched is its own old bytes; one that only changed its name or its
 * place keeps every other field as it stood. Only a tensor object the codec itself read has an old message: a changed
 * copy of it is another object and is encoded from its dims and data, as raw_data.
 */
export type Place =
  /** Where the tensor says: in the message, or in the external file it was read from. */
  | { readonly kind: 'as-read' }
  | { readonly kind: 'inside' }
  | { readonly kind: 'file'; readonly path: string; readonly offset: number };

const nameField = 8;
const rawField = 9;
const externalField = 13;
const locationField = 14;
const externalFields: ReadonlySet<number> = new Set([externalField, locationField]);
const dataFields: ReadonlySet<number> = new Set([
  4,
  5,
  6,
  7,
  rawField,
  10,
  11,
  externalField,
  locationField,
]);
const none: ReadonlySet<number> = new Set();

/** `name` undefined: the tensor keeps the name it was read with. */
export function tensorParts(tensor: Tensor, name: string | undefined, place: Place): Part[] {
  const notes = notesOfTensor(tensor);
  if (notes === undefined || tensor.origin === undefined) return freshParts(tensor, name, place);
  const isRenamed = name !== undefined && name !== (notes.name ?? '');
  const moves = place.kind === 'file' || (place.kind === 'inside' && notes.external !== undefined);
  if (!isRenamed && !moves) return [tensor.origin];
  const dropped = !moves ? none : place.kind === 'inside' ? externalFields : dataFields;
  const writer = new PartWriter();
  writer.parts(
    fieldsWithout(
      tensor.origin,
      (field) => dropped.has(field) || (isRenamed && field === nameField),
    ),
  );
  if (isRenamed) writer.text(nameField, name);
  if (moves) writeData(writer, tensor, place);
  return writer.finish();
}

function freshParts(tensor: Tensor, name: string | undefined, place: Place): Part[] {
  const writer = new PartWriter();
  for (const dim of tensor.dims) writer.int(1, dim);
  writer.int(2, dtypeCodes[tensor.dtype]);
  if (name !== undefined && name !== '') writer.text(nameField, name);
  writeData(writer, tensor, place);
  return writer.finish();
}

function writeData(writer: PartWriter, { data }: Tensor, place: Place): void {
  if (isStrings(data)) {
    for (const text of data) writer.bytes(6, text);
    return;
  }
  if (place.kind !== 'file') {
    writer.bytes(rawField, data);
    return;
  }
  const entries = {
    location: place.path,
    offset: String(place.offset),
    length: String(data.length),
  };
  for (const [key, value] of Object.entries(entries)) {
    writer.small(externalField, () => {
      writer.text(1, key);
      writer.text(2, value);
    });
  }
  writer.int(locationField, 1);
}

export const isStrings = (data: Tensor['data']): data is readonly Uint8Array[] =>
  Array.isArray(data);

/** The fields of an encoded message but those named, neighbours joined. */
function fieldsWithout(origin: Span, drop: (field: number) => boolean): Span[] {
  const { source, offset, length } = origin;
  const c = new WireCursor(source);
  const kept: { source: Span['source']; offset: number; length: number }[] = [];
  c.pos = offset;
  while (c.pos < offset + length) {
    const start = c.pos;
    const tag = c.tag(offset + length);
    c.skip(tag, offset + length);
    if (drop(tag >>> 3)) continue;
    const last = kept.at(-1);
    if (last !== undefined && last.offset + last.length === start) last.length += c.pos - start;
    else kept.push({ source, offset: start, length: c.pos - start });
  }
  return kept;
}

/** SparseTensor → SparseTensorProto. */
export function sparseParts(
  sparse: SparseTensor,
  name: string,
  placeOf: (tensor: Tensor) => Place,
): Part[] {
  const places = [placeOf(sparse.values), placeOf(sparse.indices)] as const;
  const notes = notesOfTensor(sparse.values);
  const asRead = places.every((place) => place.kind === 'as-read');
  const isOwn = sparse.origin !== undefined && notesOfTensor(sparse.indices) !== undefined;
  if (asRead && isOwn && notes?.name === name) return [sparse.origin];
  const writer = new PartWriter();
  writer.message(1, tensorParts(sparse.values, name, places[0]));
  writer.message(2, tensorParts(sparse.indices, undefined, places[1]));
  for (const dim of sparse.dims) writer.int(3, dim);
  return writer.finish();
}
