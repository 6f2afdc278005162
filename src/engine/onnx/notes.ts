import type { ByteSource, Part } from '../core/index.ts';
import type { Attribute, Dim, Graph, Model, Node, Opaque, ValueType } from '../graph/index.ts';
import type { DType, Tensor } from '../tensor/index.ts';

/**
 * What the codec remembers beside the IR, so that a file comes out as it went in: fields the IR does not model (`rest`: whole
 * encoded fields, written first, so that a modelled field that gains a value overrides them) and unusual spellings.
 * The notes hang on the IR's `opaque` slots and are copied along by edits; each is checked against the object it hangs on
 * before it is used, so an edited object never gets stale bytes.
 */
export interface Rest {
  readonly rest: readonly Part[];
}

export interface ModelNotes extends Rest {
  readonly opsets: readonly {
    readonly domain: string;
    readonly version: number;
    readonly raw: Part;
  }[];
  readonly metadata: readonly {
    readonly key: string;
    readonly value: string;
    readonly raw: Part;
  }[];
  /** Versions that the file leaves out and a reader has to assume. */
  readonly implied: ReadonlyMap<string, number>;
  /** External data named inside encoded parts (training info): those files go along as they are. */
  readonly external: readonly ExternalRef[];
}

export interface NodeNotes extends Rest {
  /** Place in the file, where that was not in topological order. */
  readonly position?: number;
}

export interface GraphNotes extends Rest {
  /** By name: what a graph's lists of inputs, outputs and value_info say beyond name and type. */
  readonly inputs: Mentions;
  readonly outputs: Mentions;
  readonly infos: Mentions;
}

/** One per mention of the name in the list, in order. */
export type Mentions = ReadonlyMap<string, readonly (Mention | undefined)[]>;

export interface Mention extends Rest {
  /** The type given here, where it is not the value's own; valid as long as the value's own type is still `base`. */
  readonly type:
    | { readonly here: ValueType | undefined; readonly base: ValueType | undefined }
    | undefined;
}

export interface AttributeNotes extends Rest {
  /** How the value stood in the file, for as long as the attribute has this very value. */
  readonly raw: { readonly of: unknown; readonly parts: readonly Part[] } | undefined;
  /** Files of IR version 1 leave the type out. */
  readonly withoutType: boolean;
}

/** A whole message kept as it is. */
export interface RawNotes {
  readonly raw: Part;
  readonly external: readonly ExternalRef[];
}

/** A TypeProto that says more than dtype and dims; valid for this very dtype and dims. */
export interface TypeNotes {
  readonly raw: Part;
  readonly dtype: DType | undefined;
  readonly dims: readonly Dim[] | undefined;
}

/** A tensor's data in another file. */
export interface ExternalRef {
  readonly location: string;
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
}

/** What is known of a tensor that was read, by identity: a tensor made from it by a method is another object. */
export interface TensorNotes {
  /** The name inside the message; undefined when there is none. */
  readonly name: string | undefined;
  readonly external: ExternalRef | undefined;
}

const tensorNotes = new WeakMap<Tensor, TensorNotes>();
/** Every range of an external file that the model it came with refers to. */
const rangesOfFile = new WeakMap<ByteSource, Set<string>>();

export const notesOfTensor = (tensor: Tensor): TensorNotes | undefined => tensorNotes.get(tensor);

export function noteTensor(tensor: Tensor, notes: TensorNotes): void {
  tensorNotes.set(tensor, notes);
  if (notes.external === undefined) return;
  const { source, offset, length } = notes.external;
  const ranges = rangesOfFile.get(source) ?? new Set<string>();
  ranges.add(`${offset}+${length}`);
  rangesOfFile.set(source, ranges);
}

export const rangesIn = (source: ByteSource): ReadonlySet<string> =>
  rangesOfFile.get(source) ?? new Set();

// The codec alone fills the slots, and each slot has one kind of notes.
export const modelNotes = (model: Model): ModelNotes | undefined =>
  model.opaque as ModelNotes | undefined;
export const graphNotes = (graph: Graph): GraphNotes | undefined =>
  graph.opaque as GraphNotes | undefined;
export const nodeNotes = (node: Pick<Node, 'opaque'>): NodeNotes | undefined =>
  node.opaque as NodeNotes | undefined;
export const attributeNotes = (attribute: Attribute): AttributeNotes | undefined =>
  attribute.opaque as AttributeNotes | undefined;
export const typeNotes = (type: ValueType): TypeNotes | undefined =>
  type.opaque as TypeNotes | undefined;
/** Of functions, and of attributes and types of kind `other`. */
export const rawNotes = (holder: { readonly opaque: Opaque }): RawNotes | undefined =>
  holder.opaque as RawNotes | undefined;
