import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * Messages written by hand, field by field, so that a test can say exactly what a file holds, right or wrong: numbers become varints,
 * text and bytes become length-delimited fields, lists become messages, `float` is a fixed32.
 */
export type Content =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Field[]
  | { readonly float: number };
export type Field = readonly [field: number, content: Content];

export function message(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  for (const [field, content] of fields) write(writer, field, content);
  return writer.finish();
}

function write(writer: BinaryWriter, field: number, content: Content): void {
  if (typeof content === 'number' || typeof content === 'bigint')
    writer.tag(field, WireType.Varint).int64(content);
  else if (typeof content === 'string') writer.tag(field, WireType.LengthDelimited).string(content);
  else if (content instanceof Uint8Array)
    writer.tag(field, WireType.LengthDelimited).bytes(content);
  else if ('float' in content) writer.tag(field, WireType.Bit32).float(content.float);
  else writer.tag(field, WireType.LengthDelimited).bytes(message(...content));
}

export const bytes = (...values: readonly number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(values);

export function join(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** float tensor [1] named `name`. */
export const tensor = (name: string, ...more: readonly Field[]): Field[] => [
  [1, 1],
  [2, 1],
  [8, name],
  ...(more.length > 0 ? more : [[9, bytes(0, 0, 128, 63)] as const]),
];

export const info = (name: string, type: readonly Field[] = floatType()): Field[] => [
  [1, name],
  [2, type],
];

export const floatType = (...dims: readonly (readonly Field[])[]): Field[] => [
  [
    1,
    [
      [1, 1],
      [2, dims.map((dim) => [1, dim] as const)],
    ],
  ],
];

export const node = (
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...attributes: readonly (readonly Field[])[]
): Field[] => [
  ...inputs.map((name) => [1, name] as const),
  ...outputs.map((name) => [2, name] as const),
  [4, opType],
  ...attributes.map((attribute) => [5, attribute] as const),
];

/** x → Relu → y, unless told otherwise; `more` are further fields of the graph. */
export const graph = (
  nodes: readonly (readonly Field[])[] | undefined,
  ...more: readonly Field[]
): Field[] => [
  ...(nodes ?? [node('Relu', ['x'], ['y'])]).map((fields) => [1, fields] as const),
  [2, 'g'],
  [11, info('x')],
  [12, info('y')],
  ...more,
];

export const opset = (version = 17, domain = ''): Field => [
  8,
  [
    [1, domain],
    [2, version],
  ],
];

/** A model of that graph; `more` are further fields of the model. */
export const model = (
  graphFields: readonly Field[] = graph(undefined),
  ...more: readonly Field[]
): Uint8Array<ArrayBuffer> => message([1, 10], [7, graphFields], opset(), ...more);
