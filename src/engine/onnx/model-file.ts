import { type ByteSource, isSpan, joinParts, partsSize } from '../core/index.ts';
import { allGraphs, type Model } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { PackedFile, type Placement, placeInside } from './place-tensors.ts';
import { isStrings, type Place } from './write-tensor.ts';
import { encode } from './write-model.ts';

/** What the runtime loads: structurally `ModelFile` of runtime/port.ts. */
export interface EncodedModel {
  readonly bytes: Uint8Array;
  readonly external?: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** Nodes of the main graph: what session creation takes depends on them as much as on the bytes. */
  readonly nodes: number;
}

/** A session of an embedded model costs 3.4 times its size, of one with external data 2.5 (measured); below this it does not matter. */
const embedBelowBytes = 64 * 2 ** 20;
const minBytes = 1024;

/**
 * The model for a session. Weights of large models are handed over as external data that names the very buffers
 * they lie in (the opened file itself, the arrays of changed tensors), so that nothing is copied here.
 */
export function toModelFile(model: Model): EncodedModel {
  const embedded = encode(model, placeInside(model));
  const isLarge = partsSize(embedded.parts) > embedBelowBytes;
  const { parts, external } = isLarge ? encode(model, placeInBuffers(model)) : embedded;
  const bytes = joinParts(parts);
  const nodes = model.graph.nodes.length;
  if (external.length === 0) return { bytes, nodes };
  return {
    bytes,
    nodes,
    external: external.map((file) => ({ path: file.path, bytes: contiguous(file.parts) })),
  };
}

function contiguous(parts: Parameters<typeof joinParts>[0]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined)
    return isSpan(only) ? only.source.read(only.offset, only.length) : only;
  return joinParts(parts);
}

/** A source most of which is weights serves as a file as it is; from others the tensors are gathered. */
function placeInBuffers(model: Model): Placement {
  const hidden = placeInside(model).files();
  const live = liveBytes(model);
  const whole = new Map<ByteSource, string>();
  for (const [source, bytes] of live)
    if (bytes * 2 >= source.size) whole.set(source, `weights-${whole.size}.bin`);
  const gathered = new PackedFile('weights.bin');
  const used = new Set<ByteSource>();
  return {
    placeOfInitializer(tensor): Place {
      if (isStrings(tensor.data) || tensor.data.length < minBytes) return { kind: 'inside' };
      const path = whole.get(tensor.data.source);
      if (path === undefined) return gathered.place(tensor);
      used.add(tensor.data.source);
      return { kind: 'file', path, offset: tensor.data.offset };
    },
    placeOfAttribute: () => ({ kind: 'inside' }),
    files: () => [
      ...[...used].map((source) => ({
        path: whole.get(source) as string,
        parts: [{ source, offset: 0, length: source.size }],
      })),
      ...(gathered.isEmpty ? [] : [gathered.finish()]),
      ...hidden,
    ],
  };
}

/** Bytes of each source that initializers worth moving lie in. Tensors that share their data count once. */
function liveBytes(model: Model): Map<ByteSource, number> {
  const live = new Map<ByteSource, number>();
  const seen = new Set<Tensor['data']>();
  for (const graph of allGraphs(model.graph)) {
    for (const { constant } of graph.constants) {
      const data = constant?.data;
      if (data === undefined || isStrings(data) || data.length < minBytes || seen.has(data))
        continue;
      seen.add(data);
      live.set(data.source, (live.get(data.source) ?? 0) + data.length);
    }
  }
  return live;
}
