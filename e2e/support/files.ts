import { writeFileSync } from 'node:fs';
import { create, toBinary } from '@bufbuild/protobuf';
import { zipSync } from 'fflate';
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataType } from 'onnx-buf';

/** Files that the tests make themselves. */

export interface Array2 {
  readonly dtype: '<f4' | '<i8' | '|u1';
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** One array as NumPy 1.0 writes it. */
function npy({ dtype, dims, bytes }: Array2): Uint8Array {
  const shape = `(${dims.join(', ')}${dims.length === 1 ? ',' : ''})`;
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11);
  const size = Buffer.alloc(2);
  size.writeUInt16LE(header.length + 1);
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    size,
    Buffer.from(`${header}\n`),
    bytes,
  ]);
}

/** Labelled samples as an `.npz` with `x` and `y`. */
export function writeNpz(file: string, x: Array2, labels: readonly number[]): string {
  const y: Array2 = {
    dtype: '<i8',
    dims: [labels.length],
    bytes: new Uint8Array(BigInt64Array.from(labels, BigInt).buffer),
  };
  writeFileSync(file, zipSync({ 'x.npy': npy(x), 'y.npy': npy(y) }));
  return file;
}

/** Labelled pictures of one grey channel: a bright bar whose place is the label, the same every time. */
export function writePictures(file: string, count: number, side: number): string {
  const bytes = new Uint8Array(count * side * side);
  const labels = Array.from({ length: count }, (_, i) => i % 10);
  labels.forEach((label, i) =>
    bytes.fill(255, i * side * side + label * 2 * side, i * side * side + (label * 2 + 2) * side),
  );
  return writeNpz(file, { dtype: '|u1', dims: [count, side, side], bytes }, labels);
}

const float = TensorProto_DataType.FLOAT;
const typed = (elemType: number, dims: readonly number[]) => ({
  value: {
    case: 'tensorType' as const,
    value: {
      elemType,
      shape: {
        dim: dims.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })),
      },
    },
  },
});
const info = (name: string, elemType: number = float, dims: readonly number[] = [1, 4]) => ({
  name,
  type: typed(elemType, dims),
});

/**
 * x [1, 4] → y [1, 4], turned over max(x) times: at once for small numbers, never for 9e18. A model that loops for
 * ever on some inputs only, as real ones do.
 */
export function writeLoopingModel(file: string): string {
  const { BOOL, INT64 } = TensorProto_DataType;
  const body = {
    name: 'turn',
    input: [info('turn', INT64, []), info('go', BOOL, []), info('v')],
    output: [info('goes', BOOL, []), info('w')],
    node: [
      { opType: 'Identity', name: 'keep', input: ['go'], output: ['goes'] },
      { opType: 'Neg', name: 'neg', input: ['v'], output: ['w'] },
    ],
  };
  const { INT, GRAPH } = AttributeProto_AttributeType;
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'loop',
      input: [info('x')],
      output: [info('y')],
      initializer: [{ name: 'yes', dataType: BOOL, rawData: new Uint8Array([1]) }],
      node: [
        {
          opType: 'ReduceMax',
          name: 'peak',
          input: ['x'],
          output: ['p'],
          attribute: [{ name: 'keepdims', type: INT, i: 0n }],
        },
        {
          opType: 'Cast',
          name: 'turns',
          input: ['p'],
          output: ['n'],
          attribute: [{ name: 'to', type: INT, i: BigInt(INT64) }],
        },
        {
          opType: 'Loop',
          name: 'loop',
          input: ['n', 'yes', 'x'],
          output: ['y'],
          attribute: [{ name: 'body', type: GRAPH, g: body }],
        },
      ],
    },
  });
  writeFileSync(file, toBinary(ModelProtoSchema, model));
  return file;
}

/** Inputs for the looping model: rows of `stuck` never come back. */
export function writeLoopInputs(file: string, count: number, stuck: readonly number[]): string {
  const x = new Float32Array(count * 4);
  const labels = Array.from({ length: count }, (_, i) => i % 4);
  labels.forEach((label, i) => (x[i * 4 + label] = stuck.includes(i) ? 9e18 : 0.5));
  return writeNpz(
    file,
    { dtype: '<f4', dims: [count, 4], bytes: new Uint8Array(x.buffer) },
    labels,
  );
}
