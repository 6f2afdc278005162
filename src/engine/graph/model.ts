import type { DType, SparseTensor, Tensor } from '../tensor/index.ts';

/*
 * The intermediate representation: a model as a graph of Nodes linked to Values by identity. Names are for printing and for
 * the file; meaning comes from (domain, opType, opset version). Everything is readonly: a Model never changes once built,
 * `edit` (edit.ts) makes a new one that shares all tensors with the old.
 *
 * What the IR does not model (doc strings, metadata of parts, fields of newer file formats) rides along as `opaque`
 * notes, which only the codec that made them understands. Copying an object copies them; nobody else reads them.
 */

/** Notes of the codec. */
export type Opaque = object;

export interface Model {
  readonly graph: Graph;
  /** domain ('' is the default `ai.onnx`) → version. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly irVersion: number;
  readonly producer: { readonly name: string; readonly version: string };
  readonly domain: string;
  readonly modelVersion: bigint;
  readonly doc: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly functions: readonly LocalFunction[];
  readonly opaque?: Opaque;
}

/** A function defined in the file itself; its body stays encoded, callers see what it is named and what it calls. */
export interface LocalFunction {
  readonly domain: string;
  readonly name: string;
  readonly overload: string;
  /** (domain, opType) pairs its body uses, as `domain:opType`. */
  readonly calls: readonly string[];
  readonly opaque: Opaque;
}

export interface Graph {
  readonly name: string;
  /** Graph inputs, in order; an input may also have a `constant` (a default the caller may override). */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Values with a constant (initializers), in file order. */
  readonly constants: readonly Value[];
  /** All values that carry a type in the file's `value_info`, in file order. */
  readonly annotated: readonly Value[];
  readonly opaque?: Opaque;
}

export interface Node {
  readonly opType: string;
  /** '' is the default domain (the alias `ai.onnx` is read as ''). */
  readonly domain: string;
  readonly name: string;
  /** undefined: an optional input that is left out. */
  readonly inputs: readonly (Value | undefined)[];
  /** undefined: an optional output that is left out. */
  readonly outputs: readonly (Value | undefined)[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** The graph (main or sub) the node lies in. */
  readonly graph: Graph;
  readonly opaque?: Opaque;
}

export interface Value {
  readonly name: string;
  readonly type: ValueType | undefined;
  /** The node that computes it; undefined for graph inputs and constants. */
  readonly producer: Node | undefined;
  /** Every place that reads it, subgraphs included. */
  readonly uses: readonly Use[];
  /** The initializer, dense. */
  readonly constant: Tensor | undefined;
  /** A sparse initializer: it stands among its graph's `constants`, and `constant` is undefined. */
  readonly sparse?: SparseTensor;
}

export interface Use {
  readonly node: Node;
  readonly index: number;
}

export type Dim = number | string | undefined;

export type ValueType =
  | {
      readonly kind: 'tensor';
      readonly dtype: DType | undefined;
      readonly dims: readonly Dim[] | undefined;
      readonly opaque?: Opaque;
    }
  /** Sequence, map, optional, sparse tensor: described in words, carried as they are. */
  | { readonly kind: 'other'; readonly description: string; readonly opaque: Opaque };

export type Attribute =
  | { readonly kind: 'float'; readonly value: number; readonly opaque?: Opaque }
  | { readonly kind: 'int'; readonly value: number | bigint; readonly opaque?: Opaque }
  | { readonly kind: 'string'; readonly value: Uint8Array; readonly opaque?: Opaque }
  | { readonly kind: 'tensor'; readonly value: Tensor; readonly opaque?: Opaque }
  | { readonly kind: 'graph'; readonly value: Graph; readonly opaque?: Opaque }
  | { readonly kind: 'floats'; readonly value: readonly number[]; readonly opaque?: Opaque }
  | {
      readonly kind: 'ints';
      readonly value: readonly (number | bigint)[];
      readonly opaque?: Opaque;
    }
  | { readonly kind: 'strings'; readonly value: readonly Uint8Array[]; readonly opaque?: Opaque }
  | { readonly kind: 'tensors'; readonly value: readonly Tensor[]; readonly opaque?: Opaque }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[]; readonly opaque?: Opaque }
  /** Types, sparse tensors, references to a function's attribute: carried as they are. */
  | { readonly kind: 'other'; readonly description: string; readonly opaque: Opaque };
