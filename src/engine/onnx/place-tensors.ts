import type { ByteSource, Part, Span } from '../core/index.ts';
import { allGraphs, type Model } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { type ExternalRef, modelNotes, notesOfTensor, rangesIn, rawNotes } from './notes.ts';
import type { TensorPlaces } from './write-context.ts';
import { isStrings, type Place } from './write-tensor.ts';

/**
 * Where each tensor goes: into the model file or into a file beside it. Only initializers are moved out of the model (ONNX Runtime
 * does not look for other tensors' data outside); tensors that already lie outside may be anywhere.
 */
export interface Placement extends TensorPlaces {
  /** The files beside the model, once all tensors were placed. */
  files(): ExternalFile[];
}

export interface ExternalFile {
  readonly path: string;
  readonly parts: Part[];
}

const asRead: Place = { kind: 'as-read' };
const inside: Place = { kind: 'inside' };
/** Tensors in an external file start at multiples of this. */
const alignment = 64;

/**
 * Everything inside the model, except what encoded parts (functions, training info) keep outside.
 */
export function placeInside(model: Model): Placement {
  return {
    placeOfInitializer: () => inside,
    placeOfAttribute: () => inside,
    files: () => wholeFiles(hiddenRefs(model)),
  };
}

/**
 * Tensors stay where they were read from. An external file all of whose tensors are still there goes along as it is; one
 * that lost some is written again without them.
 */
export function placeAsRead(model: Model): Placement {
  const live = new Map<ByteSource, { path: string; ranges: Set<string> }>();
  for (const ref of visibleRefs(model)) {
    const file = live.get(ref.source) ?? { path: ref.location, ranges: new Set<string>() };
    file.ranges.add(`${ref.offset}+${ref.length}`);
    live.set(ref.source, file);
  }
  const hidden = hiddenRefs(model);
  const pinned = new Set(hidden.map((ref) => ref.source));
  const repacked = new Map<ByteSource, PackedFile>();
  for (const [source, { path, ranges }] of live)
    if (!pinned.has(source) && ranges.size < rangesIn(source).size)
      repacked.set(source, new PackedFile(path));
  const place = (tensor: Tensor): Place => {
    const ref = notesOfTensor(tensor)?.external;
    const file = ref === undefined ? undefined : repacked.get(ref.source);
    return file === undefined ? asRead : file.place(tensor);
  };
  const kept = [...live].filter(([source]) => !repacked.has(source) && !pinned.has(source));
  return {
    placeOfInitializer: place,
    placeOfAttribute: place,
    files: () => [
      ...kept.map(([source, { path }]) => ({ path, parts: [wholeSource(source)] })),
      ...[...repacked.values()].map((file) => file.finish()),
      ...wholeFiles(hidden),
    ],
  };
}

/** Initializers of at least `minBytes` in one file, everything else inside. */
export function placeOutside(model: Model, path: string, minBytes: number): Placement {
  const hidden = wholeFiles(hiddenRefs(model));
  const taken = new Set(hidden.map((file) => file.path));
  const packed = new PackedFile(freePath(path, taken));
  return {
    placeOfInitializer: (tensor) =>
      isStrings(tensor.data) || tensor.data.length < minBytes ? inside : packed.place(tensor),
    placeOfAttribute: () => inside,
    files: () => [...(packed.isEmpty ? [] : [packed.finish()]), ...hidden],
  };
}

export function freePath(path: string, taken: ReadonlySet<string>): string {
  let free = path;
  for (let i = 1; taken.has(free); i++) free = `${path}.${i}`;
  return free;
}

/** A file of tensors one after the other; the same data given twice is stored once. */
export class PackedFile {
  readonly #path: string;
  readonly #parts: Part[] = [];
  readonly #placed = new Map<ByteSource, Map<string, number>>();
  #size = 0;

  constructor(path: string) {
    this.#path = path;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  place(tensor: Tensor): Place {
    return { kind: 'file', path: this.#path, offset: this.#offsetOf(tensor.data as Span) };
  }

  finish(): ExternalFile {
    return { path: this.#path, parts: this.#parts };
  }

  #offsetOf({ source, offset, length }: Span): number {
    const known = this.#placed.get(source) ?? new Map<string, number>();
    this.#placed.set(source, known);
    const key = `${offset}+${length}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const gap = (alignment - (this.#size % alignment)) % alignment;
    if (gap > 0) this.#parts.push(new Uint8Array(gap));
    const at = this.#size + gap;
    this.#parts.push({ source, offset, length });
    this.#size = at + length;
    known.set(key, at);
    return at;
  }
}

const wholeSource = (source: ByteSource): Span => ({ source, offset: 0, length: source.size });

function wholeFiles(refs: readonly ExternalRef[]): ExternalFile[] {
  const byPath = new Map(refs.map((ref) => [ref.location, ref.source]));
  return [...byPath].map(([path, source]) => ({ path, parts: [wholeSource(source)] }));
}

/** External data named inside encoded parts of the model. */
export function hiddenRefs(model: Model): ExternalRef[] {
  const refs = [...(modelNotes(model)?.external ?? [])];
  for (const fn of model.functions) refs.push(...(rawNotes(fn)?.external ?? []));
  for (const graph of allGraphs(model.graph)) {
    for (const node of graph.nodes)
      for (const attribute of node.attributes.values())
        if (attribute.kind === 'other') refs.push(...(rawNotes(attribute)?.external ?? []));
  }
  return refs;
}

function visibleRefs(model: Model): ExternalRef[] {
  const refs: ExternalRef[] = [];
  const visit = (tensor: Tensor): void => {
    const ref = notesOfTensor(tensor)?.external;
    if (ref !== undefined) refs.push(ref);
  };
  for (const graph of allGraphs(model.graph)) {
    for (const { constant, sparse } of graph.constants) {
      if (constant !== undefined) visit(constant);
      if (sparse !== undefined) [sparse.values, sparse.indices].forEach(visit);
    }
    for (const node of graph.nodes)
      for (const attribute of node.attributes.values()) {
        if (attribute.kind === 'tensor') visit(attribute.value);
        else if (attribute.kind === 'tensors') attribute.value.forEach(visit);
      }
  }
  return refs;
}
