import { createRegistry, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';

const comparison = { registry: createRegistry(), unknown: true };

/** True when both are the same ModelProto: repeated fields in order, unknown fields included, NaN equal to itself. */
export function sameMessage(a: Uint8Array, b: Uint8Array): boolean {
  const [left, right] = [fromBinary(ModelProtoSchema, a), fromBinary(ModelProtoSchema, b)];
  if (equals(ModelProtoSchema, left, right, comparison)) return true;
  return Buffer.compare(toBinary(ModelProtoSchema, left), toBinary(ModelProtoSchema, right)) === 0;
}

/**
 * The fields of a message as protobuf 2 sees them: also those that are present and hold their default. For every
 * nested message by path, fields sorted by number, repeats in order. Two encodings with one outline are one message.
 */
export function outline(bytes: Uint8Array, path: readonly number[] = []): unknown {
  const fields = new Map<number, unknown[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  };
  const slice = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = tag >>> 3;
    const list = fields.get(field) ?? [];
    fields.set(field, list);
    if ((tag & 7) === 0) list.push(varint());
    else if ((tag & 7) === 1) list.push(Buffer.from(slice(8)).toString('hex'));
    else if ((tag & 7) === 5) list.push(Buffer.from(slice(4)).toString('hex'));
    else {
      const payload = slice(Number(varint()));
      const inner = [...path, field];
      list.push(isMessage(inner) ? outline(payload, inner) : Buffer.from(payload).toString('hex'));
    }
  }
  return [...fields].toSorted(([a], [b]) => a - b);
}

/** Field paths of ModelProto that are messages this codec takes apart; subgraphs start again at the graph. */
function isMessage(path: readonly number[]): boolean {
  const graphPath = path.join('.').replace(/^7(\.1\.5\.(6|11))*/, '7');
  return /^(8|14|7|7\.(1|5|11|12|13|15)|7\.1\.5|7\.1\.5\.(5|10)|7\.15\.[12]|7\.1[123]\.2|7\.1[123]\.2\.1|7\.1[123]\.2\.1\.2|7\.1[123]\.2\.1\.2\.1)$/.test(
    graphPath,
  );
}
