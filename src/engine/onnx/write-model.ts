import { EngineError, joinParts, type Part, partsSize } from '../core/index.ts';
import type { Model } from '../graph/index.ts';
import { locationProblem } from './external-data.ts';
import { type ModelNotes, modelNotes, rawNotes } from './notes.ts';
import { PartWriter } from './part-writer.ts';
import {
  type ExternalFile,
  placeAsRead,
  placeInside,
  type Placement,
  placeOutside,
} from './place-tensors.ts';
import { maxEmbeddedBytes } from './schema.ts';
import { graphParts } from './write-graph.ts';

/** A model ready to be stored: parts to be written one after the other, and the files that go beside it. */
export interface WrittenModel {
  readonly parts: Part[];
  readonly external: ExternalFile[];
}

export interface WriteOptions {
  /**
   * `keep` (default): tensors stay inside or outside, as they were read. `embed`: all inside. Or all initializers of
   * at least `minBytes` into one file. A model file that would pass 2 GiB, protobuf's limit, moves its weights out by itself.
   */
  readonly external?: 'keep' | 'embed' | { readonly path: string; readonly minBytes: number };
}

const overflow = { path: 'weights.bin', minBytes: 1024 } as const;

/** Throws `argument/invalid` for an external path that readers would refuse. */
export function writeModel(model: Model, options: WriteOptions = {}): WrittenModel {
  const written = encode(model, placementFor(model, options.external ?? 'keep'));
  if (partsSize(written.parts) <= maxEmbeddedBytes) return written;
  return encode(model, placeOutside(model, overflow.path, overflow.minBytes));
}

function placementFor(model: Model, external: NonNullable<WriteOptions['external']>): Placement {
  if (external === 'keep') return placeAsRead(model);
  if (external === 'embed') return placeInside(model);
  const problem = locationProblem(external.path);
  if (problem !== undefined)
    throw new EngineError('argument/invalid', {
      where: external.path,
      detail: `the path ${problem}`,
    });
  return placeOutside(model, external.path, external.minBytes);
}

/** The model in one piece, weights inside. For tests and small models: it copies the weights. */
export const writeBytes = (model: Model): Uint8Array<ArrayBuffer> =>
  joinParts(writeModel(model, { external: 'embed' }).parts);

/** Bytes of the model file and the files beside it, exactly as `writeModel` would make them; no weights are read. */
export function modelSize(model: Model, options: WriteOptions = {}): number {
  const { parts, external } = writeModel(model, options);
  return partsSize(parts) + external.reduce((sum, file) => sum + partsSize(file.parts), 0);
}

export function encode(model: Model, placement: Placement): WrittenModel {
  const w = new PartWriter();
  const notes = modelNotes(model);
  if (notes !== undefined) w.parts(notes.rest);
  w.int(1, model.irVersion);
  if (model.producer.name !== '') w.text(2, model.producer.name);
  if (model.producer.version !== '') w.text(3, model.producer.version);
  if (model.domain !== '') w.text(4, model.domain);
  if (model.modelVersion !== 0n) w.int(5, model.modelVersion);
  if (model.doc !== '') w.text(6, model.doc);
  w.message(7, graphParts(model.graph, placement));
  writeOpsets(w, model, notes);
  writeMetadata(w, model, notes);
  for (const fn of model.functions) {
    const raw = rawNotes(fn)?.raw;
    if (raw !== undefined) w.bytes(25, raw);
  }
  return { parts: w.finish(), external: placement.files() };
}

/** The file's own entries where they still hold, in their order; then what is new or has changed. */
function writeOpsets(w: PartWriter, model: Model, notes: ModelNotes | undefined): void {
  const entries = (notes?.opsets ?? []).map(({ domain, version, raw }) => ({
    key: domain,
    value: version,
    raw,
  }));
  const added = writeEntries(w, 8, entries, model.opsets);
  for (const [domain, version] of added) {
    if (notes?.implied.get(domain) === version) continue;
    w.small(8, () => {
      w.text(1, domain);
      w.int(2, version);
    });
  }
}

function writeMetadata(w: PartWriter, model: Model, notes: ModelNotes | undefined): void {
  for (const [key, value] of writeEntries(w, 14, notes?.metadata ?? [], model.metadata)) {
    w.small(14, () => {
      w.text(1, key);
      w.text(2, value);
    });
  }
}

/**
 * Writes the entries read of every key whose value is still what the file said (its last entry, should there be several) and
 * returns the entries of `now` that are then missing.
 */
function writeEntries<V>(
  w: PartWriter,
  field: number,
  read: readonly { readonly key: string; readonly value: V; readonly raw: Part }[],
  now: ReadonlyMap<string, V>,
): [string, V][] {
  const said = new Map(read.map(({ key, value }) => [key, value]));
  const holds = (key: string): boolean => said.has(key) && said.get(key) === now.get(key);
  for (const { key, raw } of read) if (holds(key)) w.bytes(field, raw);
  return [...now].filter(([key]) => !holds(key));
}
