import { describe, expect, it } from 'vitest';
import { isSpan, memorySource, partsSize, unwrap } from '../core/index.ts';
import { buildModel, edit, type Model } from '../graph/index.ts';
import { float32Tensor, makeTensor, type Tensor } from '../tensor/index.ts';
import { modelSize, readModel, toModelFile, writeBytes, writeModel } from './index.ts';
import { graph, join, message, model, node, opset } from './testing/encode.ts';
import { fileOf } from './testing/file-source.ts';

/** A tensor of `bytes` zero bytes that exist only when they are read. */
const ghost = (bytes: number): Tensor => ({
  dtype: 'uint8',
  dims: [bytes],
  data: {
    source: fileOf(bytes, (_, length) => new Uint8Array(length), 'ghost'),
    offset: 0,
    length: bytes,
  },
});

const withConstants = (tensors: readonly Tensor[]): Model =>
  buildModel(17, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'uint8', dims: [1] });
    e.addOutput(e.op('Concat', [x, ...tensors.map((tensor, i) => e.addConstant(`w${i}`, tensor))]));
  });

describe('files of gigabytes', () => {
  it('1 GB is read by touching its headers only', () => {
    const payload = 2 ** 28;
    const sizes = varint(payload);
    const pieces: (Uint8Array | number)[] = [];
    for (let i = 0; i < 4; i++) {
      const named = join(message([1, payload], [2, 2], [8, `${i}`]), Uint8Array.of(0x4a), sizes);
      pieces.push(join(Uint8Array.of(0x2a), varint(named.length + payload), named), payload);
    }
    const rest = message(...graph([node('Concat', ['x', '0', '1', '2', '3'], ['y'])]));
    const graphSize = pieces.reduce<number>(
      (sum, p) => sum + (typeof p === 'number' ? p : p.length),
      rest.length,
    );
    const source = sparseFile([
      message([1, 10], opset()),
      Uint8Array.of(0x3a),
      varint(graphSize),
      ...pieces,
      rest,
    ]);
    expect(source.size).toBeGreaterThan(2 ** 30);

    const read = unwrap(readModel(source));
    expect(read.graph.constants).toHaveLength(4);
    expect(source.bytesRead()).toBeLessThan(2 ** 19);

    const { parts } = writeModel(read);
    expect(partsSize(parts)).toBe(source.size);
    expect(source.bytesRead()).toBeLessThan(2 ** 19);
    expect(parts.filter(isSpan)).toHaveLength(4);
  });

  it('beyond 2 GiB the weights go into a file of their own', () => {
    const half = ghost(1_300_000_000);
    const fits = withConstants([half]);
    expect(writeModel(fits).external).toEqual([]);
    const large = withConstants([half, ghost(1_300_000_000), float32Tensor([1], [1])]);
    for (const external of ['keep', 'embed'] as const) {
      const written = writeModel(large, { external });
      expect(written.external.map((file) => file.path)).toEqual(['weights.bin']);
      expect(partsSize(written.parts)).toBeLessThan(1000);
      const total = partsSize(written.parts) + partsSize(written.external[0]?.parts ?? []);
      expect(modelSize(large, { external })).toBe(total);
      expect(total).toBeGreaterThan(2_600_000_000 - 1);
    }
  });

  it('the size of a variant is known without its weights', () => {
    const variant = withConstants([ghost(300_000_000)]);
    const header = modelSize(withConstants([ghost(0)]));
    expect(modelSize(variant)).toBeGreaterThan(300_000_000 + header);
    expect(modelSize(variant)).toBeLessThan(300_000_000 + header + 20);
    const small = withConstants([makeTensor('uint8', [5000], new Uint8Array(5000))]);
    expect(modelSize(small)).toBe(writeBytes(small).length);
  });
});

describe('what a session gets', () => {
  it('small models in one piece', () => {
    const small = withConstants([makeTensor('uint8', [5000], new Uint8Array(5000))]);
    const file = toModelFile(small);
    expect(file.external).toBeUndefined();
    expect(file.bytes).toEqual(writeBytes(small));
  });

  it('large ones with external data that is the opened file itself', () => {
    const weights = new Uint8Array(70 * 2 ** 20);
    weights.fill(7, 1000, 2000);
    const file = model(
      graph(
        [node('Foo', ['x', 'w'], ['y'])],
        [
          5,
          [
            [1, weights.length],
            [2, 2],
            [8, 'w'],
            [9, weights],
          ],
        ],
      ),
    );
    const read = unwrap(readModel(file));
    const encoded = toModelFile(read);
    expect(encoded.bytes.length).toBeLessThan(1000);
    expect(encoded.external?.map(({ path }) => path)).toEqual(['weights-0.bin']);
    expect(encoded.external?.[0]?.bytes.buffer).toBe(file.buffer);
    // Read again, the tensor is found where the file says.
    const external = new Map([
      ['weights-0.bin', memorySource(encoded.external?.[0]?.bytes ?? new Uint8Array(0))],
    ]);
    const again = unwrap(readModel(encoded.bytes, { external }));
    expect(writeBytes(again).length).toBe(file.length);

    // A changed tensor brings its own array; a small one stays inside; the old file is not needed any more.
    const changed = edit(read, (e) => {
      const value = read.graph.constants[0];
      if (value !== undefined) e.setConstant(value, makeTensor('uint8', [weights.length], weights));
    });
    const second = toModelFile(changed);
    expect(second.external).toHaveLength(1);
    expect(second.external?.[0]?.bytes.buffer).toBe(weights.buffer);
  });

  it('gathers what is left of a file that is mostly unused', () => {
    const used = makeView(200 * 2 ** 20, 100, 80 * 2 ** 20);
    const encoded = toModelFile(withConstants([used]));
    expect(encoded.external?.map(({ path, bytes }) => [path, bytes.length])).toEqual([
      ['weights.bin', 80 * 2 ** 20],
    ]);
  });
});

/** A uint8 tensor that is part of a larger source. */
function makeView(size: number, offset: number, length: number): Tensor {
  const source = fileOf(size, (_, count) => new Uint8Array(count), 'view');
  return { dtype: 'uint8', dims: [length], data: { source, offset, length } };
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.from([...out, left]);
    out.push((left % 128) | 0x80);
  }
}

/** A file of given bytes and of holes of zeros. */
function sparseFile(pieces: readonly (Uint8Array | number)[]): ReturnType<typeof fileOf> {
  const starts: number[] = [];
  let size = 0;
  for (const piece of pieces) {
    starts.push(size);
    size += typeof piece === 'number' ? piece : piece.length;
  }
  return fileOf(
    size,
    (offset, length) => {
      const out = new Uint8Array(length);
      pieces.forEach((piece, i) => {
        const start = starts[i] as number;
        if (typeof piece === 'number' || start >= offset + length || start + piece.length <= offset)
          return;
        const from = Math.max(offset - start, 0);
        out.set(piece.subarray(from, offset + length - start), start + from - offset);
      });
      return out;
    },
    'large.onnx',
  );
}
