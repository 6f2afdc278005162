import type { Dim, ValueType } from '../graph/index.ts';
import type { DType } from '../tensor/index.ts';
import type { TypeNotes } from './notes.ts';
import { dtypeOfCode, maxDim, maxTypeDepth, typeTags } from './schema.ts';
import type { WireCursor } from './wire-cursor.ts';

/**
 * TypeProto → ValueType. A tensor type of plain dims is dtype and dims; whatever says more (denotations, an explicit
 * UNDEFINED, negative sizes that some exporters write for "unknown") keeps its bytes as a note. Everything that is
 * not a tensor is described in words and keeps its bytes.
 */
export function readType(c: WireCursor, end: number, depth = 0): ValueType {
  if (depth > maxTypeDepth) c.fail('onnx/too-deep', `types nested more than ${maxTypeDepth} deep`);
  const start = c.pos;
  let tensor: TensorType | undefined;
  let description = '';
  let odd = false;
  while (c.pos < end) {
    const tag = c.tag(end);
    if (!isCase(tag)) {
      c.skip(tag, end);
      odd = true;
      continue;
    }
    if (tensor !== undefined || description !== '')
      c.fail('onnx/malformed', 'a type that is two things at once');
    const inner = c.length(end) + c.pos;
    if (tag === typeTags.tensor) tensor = readTensorType(c, inner);
    else description = describe(c, tag, inner, depth);
  }
  if (tensor === undefined) {
    const notes = { raw: c.part(start, end), external: [] };
    return {
      kind: 'other',
      description: description === '' ? 'unspecified' : description,
      opaque: notes,
    };
  }
  const { dtype, dims } = tensor;
  if (!odd && !tensor.odd) return { kind: 'tensor', dtype, dims };
  const notes: TypeNotes = { raw: c.part(start, end), dtype, dims };
  return { kind: 'tensor', dtype, dims, opaque: notes };
}

const cases: ReadonlySet<number> = new Set([
  typeTags.tensor,
  typeTags.sequence,
  typeTags.map,
  typeTags.opaque,
  typeTags.sparse,
  typeTags.optional,
]);
const isCase = (tag: number): boolean => cases.has(tag);

interface TensorType {
  readonly dtype: DType | undefined;
  readonly dims: readonly Dim[] | undefined;
  readonly odd: boolean;
}

function readTensorType(c: WireCursor, end: number): TensorType {
  let dtype: DType | undefined;
  let dims: Dim[] | undefined;
  let odd = false;
  while (c.pos < end) {
    const tag = c.tag(end);
    if (tag === typeTags.elemType) {
      dtype = readDType(c, end);
      odd ||= dtype === undefined;
    } else if (tag === typeTags.shape) {
      dims ??= [];
      odd = readShape(c, c.length(end) + c.pos, dims) || odd;
    } else {
      c.skip(tag, end);
      odd = true;
    }
  }
  return { dtype, dims, odd };
}

/** undefined for UNDEFINED (0). */
export function readDType(c: WireCursor, end: number): DType | undefined {
  const start = c.pos;
  const code = c.int32(end);
  const dtype = dtypeOfCode(code);
  if (dtype === undefined && code !== 0)
    c.fail('onnx/bad-type', `the data type ${code} does not exist`, start);
  return dtype;
}

/** Appends to `dims`; true when something was there that `dims` does not hold. */
function readShape(c: WireCursor, end: number, dims: Dim[]): boolean {
  let odd = false;
  while (c.pos < end) {
    const tag = c.tag(end);
    if (tag === typeTags.dim) odd = readDim(c, c.length(end) + c.pos, dims) || odd;
    else {
      c.skip(tag, end);
      odd = true;
    }
  }
  return odd;
}

function readDim(c: WireCursor, end: number, dims: Dim[]): boolean {
  let dim: Dim;
  let fields = 0;
  let odd = false;
  for (; c.pos < end; fields++) {
    const tag = c.tag(end);
    if (tag === typeTags.dimValue) {
      const value = c.int64(end);
      if (value > maxDim) c.fail('onnx/bad-dims', `a size of ${value} in a shape`);
      dim = value < 0 ? undefined : Number(value);
      odd ||= value < 0;
    } else if (tag === typeTags.dimParam) dim = c.text(end);
    else {
      c.skip(tag, end);
      odd = true;
    }
  }
  dims.push(dim);
  return odd || fields > 1;
}

function describe(c: WireCursor, tag: number, end: number, depth: number): string {
  if (tag === typeTags.sparse) return `sparse_tensor(${describeTensor(readTensorType(c, end))})`;
  if (tag === typeTags.opaque) {
    c.bytes(end - c.pos, end);
    return 'opaque';
  }
  const map = tag === typeTags.map;
  const kind = map ? 'map' : tag === typeTags.sequence ? 'sequence' : 'optional';
  let key = '';
  let inner = 'unspecified';
  while (c.pos < end) {
    const field = c.tag(end);
    if (map && field === typeTags.mapKey) key = `${readDType(c, end) ?? 'undefined'}, `;
    else if (field === (map ? typeTags.mapValue : typeTags.inner))
      inner = typeText(readType(c, c.length(end) + c.pos, depth + 1));
    else c.skip(field, end);
  }
  return `${kind}(${key}${inner})`;
}

const describeTensor = (type: Pick<TensorType, 'dtype' | 'dims'>): string =>
  `${type.dtype ?? 'undefined'}${type.dims === undefined ? '' : `[${type.dims.map((dim) => dim ?? '?').join(',')}]`}`;

const typeText = (type: ValueType): string =>
  type.kind === 'tensor' ? `tensor(${describeTensor(type)})` : type.description;
