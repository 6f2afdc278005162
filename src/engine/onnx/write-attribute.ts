import type { Part } from '../core/index.ts';
import type { Attribute } from '../graph/index.ts';
import { attributeNotes, rawNotes } from './notes.ts';
import { PartWriter } from './part-writer.ts';
import { attributeTypes } from './schema.ts';
import type { WriteContext } from './write-context.ts';
import { tensorParts } from './write-tensor.ts';

/** Attribute → AttributeProto. Lists of numbers are written unpacked, as protobuf 2 and so everyone else does. */
export function attributeParts(name: string, attribute: Attribute, context: WriteContext): Part[] {
  const w = new PartWriter();
  writeAttribute(w, name, attribute, context);
  return w.finish();
}

export function writeAttribute(
  w: PartWriter,
  name: string,
  attribute: Attribute,
  context: WriteContext,
): void {
  if (attribute.kind === 'other') {
    const notes = rawNotes(attribute);
    if (notes !== undefined) w.part(notes.raw);
    return;
  }
  const notes = attributeNotes(attribute);
  if (notes !== undefined) w.parts(notes.rest);
  if (name !== '') w.text(1, name);
  if (notes?.raw !== undefined && Object.is(notes.raw.of, attribute.value))
    w.parts(notes.raw.parts);
  else writeValue(w, attribute, context);
  if (!notes?.withoutType) w.int(20, attributeTypes[attribute.kind]);
}

function writeValue(
  w: PartWriter,
  attribute: Exclude<Attribute, { kind: 'other' }>,
  context: WriteContext,
): void {
  switch (attribute.kind) {
    case 'float':
      return w.float(2, attribute.value);
    case 'int':
      return w.int(3, attribute.value);
    case 'string':
      return w.bytes(4, attribute.value);
    case 'tensor':
      return w.message(
        5,
        tensorParts(attribute.value, undefined, context.placeOfAttribute(attribute.value)),
      );
    case 'graph':
      return w.message(6, context.graph(attribute.value));
    case 'floats':
      for (const value of attribute.value) w.float(7, value);
      return;
    case 'ints':
      for (const value of attribute.value) w.int(8, value);
      return;
    case 'strings':
      for (const value of attribute.value) w.bytes(9, value);
      return;
    case 'tensors':
      for (const value of attribute.value)
        w.message(10, tensorParts(value, undefined, context.placeOfAttribute(value)));
      return;
    case 'graphs':
      for (const value of attribute.value) w.message(11, context.graph(value));
  }
}
