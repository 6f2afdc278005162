import type { Dim, ValueType } from '../graph/index.ts';
import { rawNotes, typeNotes } from './notes.ts';
import type { PartWriter } from './part-writer.ts';
import { dtypeCodes } from './schema.ts';

/** ValueType → field `field`, a TypeProto. The mirror of read-type.ts. */
export function writeType(w: PartWriter, field: number, type: ValueType): void {
  if (type.kind === 'other') {
    const notes = rawNotes(type);
    if (notes !== undefined) w.bytes(field, notes.raw);
    return;
  }
  const notes = typeNotes(type);
  if (notes !== undefined && notes.dtype === type.dtype && notes.dims === type.dims) {
    w.bytes(field, notes.raw);
    return;
  }
  const { dtype, dims } = type;
  w.small(field, () => {
    w.small(1, () => {
      if (dtype !== undefined) w.int(1, dtypeCodes[dtype]);
      if (dims !== undefined) w.small(2, () => dims.forEach((dim) => writeDim(w, dim)));
    });
  });
}

function writeDim(w: PartWriter, dim: Dim): void {
  w.small(1, () => {
    if (typeof dim === 'number') w.int(1, dim);
    else if (dim !== undefined) w.text(2, dim);
  });
}
