import type { Span } from '../core/index.ts';
import {
  dtypeTable,
  packedBytes,
  type DType,
  type SparseTensor,
  type Tensor,
} from '../tensor/index.ts';
import { readExternalEntry, resolveExternal, type ExternalFiles } from './external-data.ts';
import { noteTensor } from './notes.ts';
import { dtypeOfCode, maxDim, sparseTags, tensorTags } from './schema.ts';
import { numbersFor, typedFieldOf, typedSpan, type Chunk, type TypedField } from './typed-data.ts';
import type { WireCursor } from './wire-cursor.ts';

/**
 * TensorProto → Tensor without reading the data: raw_data, packed floats and external files become spans. dims, type and
 * number of bytes must agree here, so that nothing later has to ask.
 */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

interface Found {
  dims: number[];
  dtype: DType | undefined;
  name: string | undefined;
  raw: Chunk | undefined;
  typed: TypedField | undefined;
  chunks: Chunk[];
  numbers: number;
  strings: Uint8Array[];
  external: Map<string, string> | undefined;
  isExternal: boolean;
}

export function readTensor(c: WireCursor, end: number, files: ExternalFiles): NamedTensor {
  const start = c.pos;
  const found: Found = {
    dims: [],
    dtype: undefined,
    name: undefined,
    raw: undefined,
    typed: undefined,
    chunks: [],
    numbers: 0,
    strings: [],
    external: undefined,
    isExternal: false,
  };
  while (c.pos < end) readField(c, c.tag(end), end, found);
  const { dims, dtype } = found;
  if (dtype === undefined) c.fail('onnx/bad-type', 'a tensor without a data type', start);
  const count = countElements(c, dims, start);
  const origin = c.span(start, end);
  const external = found.isExternal ? found.external : undefined;
  const expected = packedBytes(dtype, count);
  if (external === undefined && found.isExternal)
    c.fail('onnx/external-path', 'external data without a location', start);
  if (external !== undefined) {
    if (found.raw !== undefined || found.typed !== undefined || found.strings.length > 0)
      c.fail('onnx/malformed', 'data both here and in another file', start);
    if (dtype === 'string') c.fail('onnx/bad-type', 'strings cannot lie in another file', start);
    const ref = resolveExternal(c, external, expected, files);
    const data = { source: ref.source, offset: ref.offset, length: ref.length };
    return finish(found, { dtype, dims, data, origin }, ref);
  }
  const data =
    dtype === 'string'
      ? stringData(c, found, count, start)
      : inlineData(c, found, dtype, count, start, origin);
  return finish(found, { dtype, dims, data, origin }, undefined);
}

function finish(
  found: Found,
  tensor: Tensor,
  external: Parameters<typeof noteTensor>[1]['external'],
): NamedTensor {
  noteTensor(tensor, { name: found.name, external });
  return { name: found.name ?? '', tensor };
}

function readField(c: WireCursor, tag: number, end: number, found: Found): void {
  switch (tag) {
    case tensorTags.dims:
      readDim(c, end, found.dims);
      return;
    case tensorTags.dimsPacked: {
      const stop = c.length(end) + c.pos;
      while (c.pos < stop) readDim(c, stop, found.dims);
      return;
    }
    case tensorTags.dataType: {
      const code = c.int32(end);
      found.dtype = dtypeOfCode(code);
      if (found.dtype === undefined && code !== 0)
        c.fail('onnx/bad-type', `the data type ${code} does not exist`);
      return;
    }
    case tensorTags.name:
      found.name = c.text(end);
      return;
    case tensorTags.raw: {
      const length = c.length(end);
      found.raw = { offset: c.pos, length };
      c.pos += length;
      return;
    }
    case tensorTags.strings:
      found.strings.push(c.keptBytes(end));
      return;
    case tensorTags.segment:
      return c.fail('onnx/unsupported', 'a tensor in segments');
    case tensorTags.external: {
      found.external ??= new Map();
      readExternalEntry(c, c.length(end) + c.pos, found.external);
      return;
    }
    case tensorTags.location: {
      const location = c.int32(end);
      if (location !== 0 && location !== 1)
        c.fail('onnx/malformed', `the data location ${location} does not exist`);
      found.isExternal = location === 1;
      return;
    }
    default:
      if (!readTyped(c, tag, end, found)) c.skip(tag, end);
  }
}

const typedTags: ReadonlyMap<number, readonly [field: TypedField, width: number, packed: boolean]> =
  new Map([
    [tensorTags.floats, ['float_data', 4, false]],
    [tensorTags.floatsPacked, ['float_data', 4, true]],
    [tensorTags.doubles, ['double_data', 8, false]],
    [tensorTags.doublesPacked, ['double_data', 8, true]],
    [tensorTags.int32s, ['int32_data', 0, false]],
    [tensorTags.int32sPacked, ['int32_data', 0, true]],
    [tensorTags.int64s, ['int64_data', 0, false]],
    [tensorTags.int64sPacked, ['int64_data', 0, true]],
    [tensorTags.uint64s, ['uint64_data', 0, false]],
    [tensorTags.uint64sPacked, ['uint64_data', 0, true]],
  ]);

function readTyped(c: WireCursor, tag: number, end: number, found: Found): boolean {
  const entry = typedTags.get(tag);
  if (entry === undefined) return false;
  const [field, width, packed] = entry;
  const stop = packed ? c.length(end) + c.pos : end;
  const start = c.pos;
  if (packed && start === stop) return true;
  if (found.typed !== undefined && found.typed !== field)
    c.fail('onnx/malformed', `both ${found.typed} and ${field}`);
  found.typed = field;
  if (!packed) {
    c.skip(tag, end);
    found.numbers++;
  } else if (width > 0) {
    if ((stop - start) % width !== 0) c.fail('onnx/malformed', `${field} ends inside a number`);
    c.pos = stop;
    found.numbers += (stop - start) / width;
  } else {
    for (; c.pos < stop; found.numbers++) c.skip(0, stop);
  }
  found.chunks.push({ offset: start, length: c.pos - start });
  return true;
}

function readDim(c: WireCursor, end: number, dims: number[]): void {
  const dim = c.int64(end);
  if (dim < 0 || dim > maxDim) c.fail('onnx/bad-dims', `a dimension of ${dim}`);
  dims.push(Number(dim));
}

function countElements(c: WireCursor, dims: readonly number[], at: number): number {
  if (dims.includes(0)) return 0;
  let count = 1;
  for (const dim of dims) {
    count *= dim;
    if (count > Number.MAX_SAFE_INTEGER)
      c.fail('onnx/bad-dims', `dims [${dims.slice(0, 8).join(',')}] overflow`, at);
  }
  return count;
}

function stringData(c: WireCursor, found: Found, count: number, at: number): Uint8Array[] {
  if (found.raw !== undefined || found.typed !== undefined)
    c.fail('onnx/bad-type', `strings in ${found.typed ?? 'raw_data'}`, at);
  if (found.strings.length !== count)
    c.fail(
      'onnx/size-mismatch',
      `${found.strings.length} strings for dims that ask for ${count}`,
      at,
    );
  return found.strings;
}

function inlineData(
  c: WireCursor,
  found: Found,
  dtype: DType,
  count: number,
  at: number,
  origin: Span,
): Span {
  const { raw, typed } = found;
  const expected = packedBytes(dtype, count);
  const shape = `${dtype}[${found.dims.slice(0, 8).join(',')}]`;
  if (found.strings.length > 0) c.fail('onnx/bad-type', `string_data in a tensor of ${dtype}`, at);
  if (raw !== undefined && raw.length > 0 && typed !== undefined)
    c.fail('onnx/malformed', `both raw_data and ${typed}`, at);
  if (typed === undefined) {
    const length = raw?.length ?? 0;
    if (length !== expected)
      c.fail('onnx/size-mismatch', `${shape} takes ${expected} bytes and has ${length}`, at);
    // A span of the source the message's own span lies in: the file, or a small copy.
    return { source: origin.source, offset: (raw?.offset ?? at) - at + origin.offset, length };
  }
  if (typed !== typedFieldOf(dtype))
    c.fail('onnx/bad-type', `${typed} in a tensor of ${dtype}`, at);
  const numbers = numbersFor(dtype, count);
  if (found.numbers !== numbers)
    c.fail('onnx/size-mismatch', `${shape} takes ${numbers} numbers and has ${found.numbers}`, at);
  const shift = origin.offset - at;
  const chunks = found.chunks.map(({ offset, length }) => ({ offset: offset + shift, length }));
  return typedSpan(origin.source, dtype, count, chunks);
}

/** SparseTensorProto → SparseTensor; its name is the name of its values. */
export function readSparse(
  c: WireCursor,
  end: number,
  files: ExternalFiles,
): { name: string; tensor: SparseTensor } {
  const start = c.pos;
  let values: NamedTensor | undefined;
  let indices: NamedTensor | undefined;
  const dims: number[] = [];
  while (c.pos < end) {
    const tag = c.tag(end);
    if (tag === sparseTags.values || tag === sparseTags.indices) {
      const isValues = tag === sparseTags.values;
      c.enter(isValues ? 'values' : 'indices');
      const tensor = readTensor(c, c.length(end) + c.pos, files);
      c.leave();
      if (isValues) values = tensor;
      else indices = tensor;
    } else if (tag === sparseTags.dims) readDim(c, end, dims);
    else if (tag === sparseTags.dimsPacked) {
      const stop = c.length(end) + c.pos;
      while (c.pos < stop) readDim(c, stop, dims);
    } else c.skip(tag, end);
  }
  if (values === undefined || indices === undefined)
    c.fail('onnx/malformed', 'a sparse tensor without values or indices', start);
  countElements(c, dims, start);
  checkSparse(c, dims, values.tensor, indices.tensor, start);
  const tensor = {
    dims,
    values: values.tensor,
    indices: indices.tensor,
    origin: c.span(start, end),
  };
  return { name: values.name, tensor };
}

function checkSparse(
  c: WireCursor,
  dims: readonly number[],
  values: Tensor,
  indices: Tensor,
  at: number,
): void {
  if (indices.dtype !== 'int64') c.fail('onnx/bad-type', `sparse indices of ${indices.dtype}`, at);
  if (dtypeTable[values.dtype].bits % 8 !== 0)
    c.fail('onnx/bad-type', `sparse values of ${values.dtype}`, at);
  const count = values.dims[0] ?? 0;
  const coordinates = indices.dims.length === 2 ? dims.length : undefined;
  if (values.dims.length !== 1 || indices.dims[0] !== count || indices.dims[1] !== coordinates)
    c.fail(
      'onnx/size-mismatch',
      `sparse values [${values.dims.join(',')}] with indices [${indices.dims.join(',')}]`,
      at,
    );
}
