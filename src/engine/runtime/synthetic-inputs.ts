import { EngineError, type Rng } from '../core/index.ts';
import { isOp, requiredInputs, type Model, type Value } from '../graph/index.ts';
import { elementCount, numberToFloat16, type DType } from '../tensor/index.ts';
import { defaultDims, type DefaultDims } from './default-dims.ts';
import type { Feeds, RuntimeTensor } from './port.ts';

/**
 * Inputs where there is no data: for shapes, latency and fidelity. Floats are standard normal, not zeros (zeros and denormals
 * make kernels run at other speeds, platform A9). Integers keep to what the graph does with them: indices of a Gather stay within
 * its table; masks are ones, token types zeros, positions count up; other integers are 0 or 1.
 */
export function syntheticInputs(
  model: Model,
  rng: Rng,
  dims: DefaultDims = defaultDims(model),
): Feeds {
  const feeds: Record<string, RuntimeTensor> = {};
  for (const input of requiredInputs(model)) {
    const shape = dims.shapes.get(input);
    const dtype = input.type?.kind === 'tensor' ? input.type.dtype : undefined;
    if (shape === undefined || dtype === undefined)
      throw new EngineError('runtime/bad-input', {
        where: `input "${input.name}"`,
        detail: 'only tensors of a known type can be made up',
      });
    feeds[input.name] = makeUp(input, dtype, shape, rng.fork(input.name));
  }
  return feeds;
}

function makeUp(input: Value, dtype: DType, dims: readonly number[], rng: Rng): RuntimeTensor {
  const count = elementCount(dims);
  if (dtype === 'string') return { dtype, dims, data: Array.from({ length: count }, () => '') };
  const fill = fillers[dtype];
  if (fill === undefined)
    throw new EngineError('runtime/bad-input', {
      where: `input "${input.name}"`,
      detail: `inputs of type ${dtype} cannot be made up`,
    });
  return { dtype, dims, data: fill(count, integerOf(input, dims, rng), rng) };
}

type Filler = (count: number, integer: (index: number) => number, rng: Rng) => Uint8Array;

const fillers: Partial<Record<DType, Filler>> = {
  float32: (n, _, rng) => bytesOf(Float32Array.from({ length: n }, () => rng.normal())),
  float64: (n, _, rng) => bytesOf(Float64Array.from({ length: n }, () => rng.normal())),
  float16: (n, _, rng) =>
    bytesOf(Uint16Array.from({ length: n }, () => numberToFloat16(rng.normal()))),
  // Bytes are pixels or quantized activations: the whole range.
  uint8: (n, _, rng) => Uint8Array.from({ length: n }, () => rng.integer(256)),
  int8: (n, _, rng) => bytesOf(Int8Array.from({ length: n }, () => rng.integer(256) - 128)),
  bool: (n) => new Uint8Array(n).fill(1),
  int16: (n, integer) => bytesOf(Int16Array.from({ length: n }, (_, i) => integer(i))),
  uint16: (n, integer) => bytesOf(Uint16Array.from({ length: n }, (_, i) => integer(i))),
  int32: (n, integer) => bytesOf(Int32Array.from({ length: n }, (_, i) => integer(i))),
  uint32: (n, integer) => bytesOf(Uint32Array.from({ length: n }, (_, i) => integer(i))),
  int64: (n, integer) => bytesOf(BigInt64Array.from({ length: n }, (_, i) => BigInt(integer(i)))),
  uint64: (n, integer) => bytesOf(BigUint64Array.from({ length: n }, (_, i) => BigInt(integer(i)))),
};

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function integerOf(input: Value, dims: readonly number[], rng: Rng): (index: number) => number {
  const name = input.name.toLowerCase();
  const bound = gatherBound(input);
  if (/mask/.test(name)) return () => 1;
  if (/token_type|segment/.test(name)) return () => 0;
  if (/position/.test(name)) {
    const last = dims.at(-1) ?? 1;
    return (index) => (index % last) % (bound ?? Infinity);
  }
  if (/^sr$|sample_?rate/.test(name)) return () => 16_000;
  return () => rng.integer(bound ?? 2);
}

/** How many rows the tables have that this value indexes (through Cast, Reshape and the like); undefined when it indexes none. */
function gatherBound(input: Value): number | undefined {
  let bound: number | undefined;
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    if (seen.has(value)) return;
    seen.add(value);
    for (const { node, index } of value.uses) {
      if (isOp(node, 'Gather') && index === 1) {
        const axis = node.attributes.get('axis');
        const rows = node.inputs[0]?.constant?.dims.at(
          axis?.kind === 'int' ? Number(axis.value) : 0,
        );
        if (rows !== undefined) bound = Math.min(bound ?? rows, rows);
      } else if (
        index === 0 &&
        isOp(node, 'Cast', 'Identity', 'Reshape', 'Unsqueeze', 'Squeeze', 'Flatten', 'Transpose')
      ) {
        for (const output of node.outputs) if (output !== undefined) visit(output);
      }
    }
  };
  visit(input);
  return bound;
}
