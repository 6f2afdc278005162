import {
  type ByteSource,
  EngineError,
  err,
  memorySource,
  type Part,
  type Result,
  attempt,
} from '../core/index.ts';
import type { LocalFunction, Model } from '../graph/index.ts';
import { type GraphDraft, NameStack, type ReadContext } from './drafts.ts';
import { externalFiles, type ExternalFiles } from './external-data.ts';
import { externalInside } from './hidden-tensors.ts';
import { linkGraphs } from './link-graph.ts';
import type { ExternalRef, ModelNotes } from './notes.ts';
import { readGraph } from './read-graph.ts';
import { readEntry, readFunction, readOpset } from './read-model-parts.ts';
import { modelTags, newestIrVersion, newestOpset } from './schema.ts';
import { looksLike } from './sniff.ts';
import { WireCursor } from './wire-cursor.ts';

export interface ReadOptions {
  /** The file's name, for messages. */
  readonly name?: string;
  /** Files given together with the model, by path or by name, for its external data. */
  readonly external?: ReadonlyMap<string, ByteSource>;
}

/**
 * Reads an ONNX file. Weights stay where they are: tensors are spans of `source` (or of the external files), which
 * must live as long as the model. Errors are `file/*` and `onnx/*` with the field path and the byte.
 */
export function readModel(
  source: ByteSource | Uint8Array,
  options: ReadOptions = {},
): Result<Model> {
  const bytes = source instanceof Uint8Array ? memorySource(source, options.name) : source;
  return readWith(bytes, options.name ?? bytes.name, externalFiles(options.external));
}

/** Names of the files the model's data lies in, so that missing ones can be asked for. Empty for a file that cannot be read. */
export function requiredExternalFiles(source: ByteSource | Uint8Array): string[] {
  const bytes = source instanceof Uint8Array ? memorySource(source) : source;
  const locations = new Set<string>();
  readWith(bytes, bytes.name, (location) => {
    locations.add(location);
    return absentFile(location);
  });
  return [...locations];
}

const absentFile = (name: string): ByteSource => ({
  name,
  size: Number.MAX_SAFE_INTEGER,
  read: () => {
    throw new RangeError(`${name} was not given`);
  },
});

function readWith(source: ByteSource, name: string, files: ExternalFiles): Result<Model> {
  if (source.size === 0)
    return err(new EngineError('file/empty', { where: name, detail: 'the file is empty' }));
  const result = attempt(() => readMessage(newContext(source, files)));
  if (result.ok || !mayBeAnotherFormat.has(result.error.code)) return result;
  const other = looksLike(source);
  if (other === undefined) return result;
  const hint = 'Choose a model in the ONNX format (.onnx)';
  return err(
    new EngineError('file/not-onnx', {
      where: name,
      detail: `this is not an ONNX model but ${other}`,
      hint,
    }),
  );
}

const newContext = (source: ByteSource, files: ExternalFiles): ReadContext => ({
  c: new WireCursor(source),
  within: undefined,
  files,
  inputs: new NameStack(),
  outputs: new NameStack(),
  scratch: [],
  readGraph,
});

const mayBeAnotherFormat: ReadonlySet<string> = new Set([
  'onnx/malformed',
  'onnx/truncated',
  'onnx/no-graph',
  'onnx/too-new',
  'onnx/no-opset',
]);

interface Header {
  irVersion: number | bigint;
  modelVersion: bigint;
  producerName: string;
  producerVersion: string;
  domain: string;
  doc: string;
  graph: GraphDraft | undefined;
  readonly opsets: { domain: string; version: number; raw: Part }[];
  readonly metadata: { key: string; value: string; raw: Part }[];
  readonly functions: LocalFunction[];
  readonly external: ExternalRef[];
  readonly rest: Part[];
  training: number;
}

function readMessage(context: ReadContext): Model {
  const c: WireCursor = context.c;
  const header: Header = {
    irVersion: 0,
    modelVersion: 0n,
    producerName: '',
    producerVersion: '',
    domain: '',
    doc: '',
    graph: undefined,
    opsets: [],
    metadata: [],
    functions: [],
    external: [],
    rest: [],
    training: 0,
  };
  while (c.pos < c.size) readField(context, header);
  const { graph, opsets, rest, external } = header;
  if (graph === undefined) c.fail('onnx/no-graph', 'the file holds no graph', 0);
  const implied = checkVersions(context, header, graph);
  linkGraphs(graph);
  const notes: ModelNotes = { opsets, metadata: header.metadata, implied, rest, external };
  return {
    graph: graph.graph,
    opsets: new Map([
      ...opsets.map(({ domain, version }) => [domain, version] as const),
      ...implied,
    ]),
    irVersion: Number(header.irVersion),
    producer: { name: header.producerName, version: header.producerVersion },
    domain: header.domain,
    modelVersion: header.modelVersion,
    doc: header.doc,
    metadata: new Map(header.metadata.map(({ key, value }) => [key, value])),
    functions: header.functions,
    opaque: notes,
  };
}

function readField(context: ReadContext, header: Header): void {
  const { c } = context;
  const end = c.size;
  const start = c.pos;
  const tag = c.tag(end);
  switch (tag) {
    case modelTags.graph:
      if (header.graph !== undefined) c.fail('onnx/malformed', 'the graph is given twice', start);
      c.enter('graph');
      header.graph = readGraph(context, c.length(end) + c.pos, 0);
      c.leave();
      return;
    case modelTags.opset:
      header.opsets.push(readOpset(context, end));
      return;
    case modelTags.metadata:
      header.metadata.push(readEntry(context, end));
      return;
    case modelTags.function:
      c.enter('functions', header.functions.length);
      header.functions.push(readFunction(context, end));
      c.leave();
      return;
    case modelTags.training: {
      c.enter('training_info', header.training++);
      const inner = c.length(end) + c.pos;
      header.external.push(...externalInside(c, 'training', c.pos, inner, context.files));
      c.leave();
      header.rest.push(c.part(start, c.pos));
      return;
    }
    case modelTags.irVersion:
      header.irVersion = c.int64(end);
      return;
    default:
      if (!readText(context, header, tag, end)) header.rest.push(c.part(start, c.pos));
  }
}

/** False when the field says nothing the IR holds (unknown, or an explicit default): it is kept as it is. */
function readText({ c }: ReadContext, header: Header, tag: number, end: number): boolean {
  switch (tag) {
    case modelTags.modelVersion:
      header.modelVersion = BigInt(c.int64(end));
      return header.modelVersion !== 0n;
    case modelTags.producerName:
      header.producerName = c.text(end);
      return header.producerName !== '';
    case modelTags.producerVersion:
      header.producerVersion = c.text(end);
      return header.producerVersion !== '';
    case modelTags.domain:
      header.domain = c.text(end);
      return header.domain !== '';
    case modelTags.doc:
      header.doc = c.text(end);
      return header.doc !== '';
    default:
      c.skip(tag, end);
      return false;
  }
}

/** Refuses what is newer than the schema; returns the versions a reader assumes where the file is silent. */
function checkVersions({ c }: ReadContext, header: Header, graph: GraphDraft): Map<string, number> {
  const { irVersion } = header;
  if (irVersion < 1) c.fail('onnx/malformed', `ir_version ${irVersion}`, 0);
  if (irVersion > newestIrVersion)
    c.fail(
      'onnx/too-new',
      `the file format is version ${irVersion}, known are versions up to ${newestIrVersion}`,
      0,
    );
  const given = new Map(header.opsets.map(({ domain, version }) => [domain, version]));
  const opset = given.get('');
  if (opset !== undefined && opset > newestOpset)
    c.fail(
      'onnx/too-new',
      `operator set ${opset} of ai.onnx, known are sets up to ${newestOpset}`,
      0,
    );
  const implied = new Map<string, number>();
  // Before version 3 files had no operator sets: 1 is meant. ONNX Runtime also reads custom domains without a version.
  for (const domain of usedDomains(graph)) if (!given.has(domain)) implied.set(domain, 1);
  if (opset === undefined && irVersion >= 3 && (implied.has('') || given.size === 0))
    c.fail('onnx/no-opset', 'no version of the default operator set (opset_import)', 0);
  return implied;
}

function usedDomains(graph: GraphDraft, found: Set<string> = new Set()): Set<string> {
  for (const node of graph.nodes) found.add(node.domain);
  for (const subs of graph.subgraphs.values()) for (const sub of subs) usedDomains(sub, found);
  return found;
}
