import type { ByteSource } from '../core/index.ts';
import { elementCount, float16ToNumber } from '../tensor/index.ts';
import { unreadable, unsupported } from './data-errors.ts';

/**
 * NumPy's `.npy` (format 1.0–3.0, numpy.lib.format): magic, version, header length, a Python dict literal
 * `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, then the elements. Big-endian and Fortran order are read;
 * object arrays (pickles, which could run code) and structured types are refused.
 */
export interface NpyArray {
  readonly source: ByteSource;
  readonly element: NpyElement;
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly dataOffset: number;
}

export type NpyElement = keyof typeof elements;

const elements = {
  b1: { bytes: 1, read: (view: DataView, at: number) => view.getUint8(at) },
  u1: { bytes: 1, read: (view: DataView, at: number) => view.getUint8(at) },
  i1: { bytes: 1, read: (view: DataView, at: number) => view.getInt8(at) },
  u2: {
    bytes: 2,
    read: (view: DataView, at: number, little: boolean) => view.getUint16(at, little),
  },
  i2: {
    bytes: 2,
    read: (view: DataView, at: number, little: boolean) => view.getInt16(at, little),
  },
  u4: {
    bytes: 4,
    read: (view: DataView, at: number, little: boolean) => view.getUint32(at, little),
  },
  i4: {
    bytes: 4,
    read: (view: DataView, at: number, little: boolean) => view.getInt32(at, little),
  },
  u8: {
    bytes: 8,
    read: (view: DataView, at: number, little: boolean) => Number(view.getBigUint64(at, little)),
  },
  i8: {
    bytes: 8,
    read: (view: DataView, at: number, little: boolean) => Number(view.getBigInt64(at, little)),
  },
  f2: {
    bytes: 2,
    read: (view: DataView, at: number, little: boolean) =>
      float16ToNumber(view.getUint16(at, little)),
  },
  f4: {
    bytes: 4,
    read: (view: DataView, at: number, little: boolean) => view.getFloat32(at, little),
  },
  f8: {
    bytes: 8,
    read: (view: DataView, at: number, little: boolean) => view.getFloat64(at, little),
  },
} as const;

export const maxNpyHeaderBytes = 1 << 20;
const maxRank = 32;

export const isNpy = (head: Uint8Array): boolean =>
  head.length >= 6 && head[0] === 0x93 && String.fromCharCode(...head.subarray(1, 6)) === 'NUMPY';

/** Reads the header only, and holds the shape against the bytes that are there. */
export function openNpy(source: ByteSource): NpyArray {
  if (source.size < 10 || !isNpy(source.read(0, 6)))
    throw unreadable(source.name, 'not an .npy array');
  const start = source.read(6, Math.min(6, source.size - 6));
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const version = view.getUint8(0);
  if (version < 1 || version > 3) throw unsupported(source.name, `.npy version ${version}`);
  const lengthBytes = version === 1 ? 2 : 4;
  if (source.size < 8 + lengthBytes) throw unreadable(source.name, 'its header is cut off');
  const length = version === 1 ? view.getUint16(2, true) : view.getUint32(2, true);
  if (length > maxNpyHeaderBytes)
    throw unsupported(
      source.name,
      `a header of ${length} bytes; the limit is ${maxNpyHeaderBytes}`,
    );
  const dataOffset = 8 + lengthBytes + length;
  if (dataOffset > source.size) throw unreadable(source.name, 'its header is cut off');
  const text = new TextDecoder().decode(source.read(8 + lengthBytes, length));
  const array: NpyArray = { source, dataOffset, ...parseHeader(source.name, text) };
  const expected = elementCount(array.shape) * elements[array.element].bytes;
  if (!(dataOffset + expected <= source.size))
    throw unreadable(
      source.name,
      `[${array.shape.join(', ')}] of ${array.element} takes ${expected} bytes; ${source.size - dataOffset} are there`,
    );
  return array;
}

function parseHeader(
  name: string,
  text: string,
): Pick<NpyArray, 'element' | 'littleEndian' | 'fortran' | 'shape'> {
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([^)]*)\)/.exec(text);
  if (descr === null || order === null || shape === null)
    throw unreadable(name, 'its header is not the one of an .npy array');
  if (descr[2] !== undefined)
    throw unsupported(name, 'an array of records', 'Save each field as an array of its own');
  const { element, littleEndian } = parseDescr(name, descr[1] ?? '');
  return {
    element,
    littleEndian,
    fortran: order[1] === 'True',
    shape: parseShape(name, shape[1] ?? ''),
  };
}

function parseDescr(name: string, descr: string): { element: NpyElement; littleEndian: boolean } {
  const match = /^([<>|=]?)([a-zA-Z?])(\d*)$/.exec(descr);
  const key = `${match?.[2] ?? ''}${match?.[3] ?? ''}`;
  if (match?.[2] === 'O')
    throw unsupported(
      name,
      'an array of Python objects',
      'Objects are pickles and could run code; save a plain numeric array',
    );
  if (!(key in elements))
    throw unsupported(
      name,
      `elements of type "${descr}"`,
      'Save it as float32, an integer type or uint8',
    );
  return { element: key as NpyElement, littleEndian: match?.[1] !== '>' };
}

function parseShape(name: string, text: string): number[] {
  const parts = text.split(',').map((part) => part.trim().replace(/L$/, ''));
  if (parts.at(-1) === '') parts.pop();
  const shape = parts.map((part) => (/^\d{1,15}$/.test(part) ? Number(part) : NaN));
  if (
    shape.length > maxRank ||
    shape.some(Number.isNaN) ||
    elementCount(shape) > Number.MAX_SAFE_INTEGER
  )
    throw unreadable(name, `its shape (${text.slice(0, 100)}) cannot be`);
  return shape;
}

/** Elements of one slice along the first axis, row-major, whatever the order in the file. */
export function npySlice(array: NpyArray, index: number): Float32Array {
  const dims = array.shape.slice(1);
  const slice = new Float32Array(elementCount(dims));
  fillSlice(array, index, dims, slice);
  return slice;
}

/** The same slice of a uint8 array as bytes: a view where the order in the file is the row-major one. */
export function npyByteSlice(array: NpyArray, index: number): Uint8Array {
  const dims = array.shape.slice(1);
  const count = elementCount(dims);
  if (!array.fortran) return array.source.read(array.dataOffset + index * count, count);
  const slice = new Uint8Array(count);
  fillSlice(array, index, dims, slice);
  return slice;
}

/** Every element of the array as a number, row-major. For labels. */
export function npyNumbers(array: NpyArray): Float64Array {
  const all = new Float64Array(elementCount(array.shape));
  fillSlice({ ...array, shape: [1, ...array.shape] }, 0, array.shape, all);
  return all;
}

function fillSlice(
  array: NpyArray,
  index: number,
  dims: readonly number[],
  target: Float32Array | Float64Array | Uint8Array,
): void {
  const { bytes, read } = elements[array.element];
  const count = target.length;
  if (!array.fortran) {
    const data = array.source.read(array.dataOffset + index * count * bytes, count * bytes);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (let i = 0; i < count; i++) target[i] = read(view, i * bytes, array.littleEndian);
    return;
  }
  // Fortran order: the first axis runs fastest, so element (n, a, b, …) lies at n + N·(a + A·(b + …)).
  const samples = array.shape[0] ?? 1;
  const data = array.source.read(array.dataOffset, elementCount(array.shape) * bytes);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const strides: number[] = [];
  dims.reduce((stride, dim) => (strides.push(stride), stride * dim), samples);
  const position = dims.map(() => 0);
  let at = index;
  for (let i = 0; i < count; i++) {
    target[i] = read(view, at * bytes, array.littleEndian);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (dims[axis] as number)) break;
      at -= (strides[axis] as number) * (dims[axis] as number);
      position[axis] = 0;
    }
  }
}
