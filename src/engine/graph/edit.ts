import type { Tensor } from '../tensor/index.ts';
import { copyModel } from './copy.ts';
import { Editor } from './editor.ts';
import type { Attribute, Graph, LocalFunction, Model, Node, Value, ValueType } from './model.ts';

/**
 * Safe edits. `edit(model, change)` copies the structure (never the weights), lets `change` rewire the copy,
 * sorts the nodes, verifies, and returns a new Model; the old one is untouched. Inside `change`, objects of the old model may be
 * passed wherever a Node or Value is asked for: they are translated to their copies.
 */
export interface ModelEdit {
  readonly model: Model;
  /** The copy of a Value or Node of the old model (or the object itself when it already belongs to the copy). */
  value(value: Value): Value;
  node(node: Node): Node;
  addInput(name: string, type: ValueType): Value;
  removeInput(value: Value): void;
  addOutput(value: Value): void;
  setOutputs(values: readonly Value[]): void;
  /** A new initializer; the name is made unique. */
  addConstant(name: string, tensor: Tensor): Value;
  setConstant(value: Value, tensor: Tensor): void;
  addNode(opType: string, inputs: readonly (Value | undefined)[], options?: NodeOptions): Node;
  /** `addNode` for the common case of one output: returns that output. */
  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): Value;
  setInput(node: Node, index: number, value: Value | undefined): void;
  setAttribute(node: Node, name: string, attribute: Attribute | undefined): void;
  setType(value: Value, type: ValueType | undefined): void;
  setOpset(domain: string, version: number): void;
  setIrVersion(version: number): void;
  /** Adds a local function; one of the same domain, name and overload stays. */
  addFunction(fn: LocalFunction): void;
  setMetadata(key: string, text: string): void;
  rename(value: Value, name: string): void;
  /** The caller sees to it that node names stay unique. */
  renameNode(node: Node, name: string): void;
  /**
   * Every reader of `old` reads `by` instead, except the nodes in `except`. A graph output keeps its name: `by` takes
   * the name over and `old` gets a fresh one.
   */
  replaceUses(old: Value, by: Value, except?: readonly Node[]): void;
  /** Removes a node whose outputs nobody reads; throws otherwise. */
  removeNode(node: Node): void;
  /** Removes nodes and initializers that reach no output, until none is left. Returns how many went. */
  removeDead(): number;
  freshName(base: string): string;
}

export interface NodeOptions {
  readonly domain?: string;
  readonly name?: string;
  /** Names of the outputs, or how many (names are made up). Default 1. */
  readonly outputs?: number | readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** The graph the node goes to: the main graph by default. */
  readonly graph?: Graph;
}

export function edit(model: Model, change: (edit: ModelEdit) => void): Model {
  const editor = new Editor(copyModel(model));
  change(editor);
  return editor.finish();
}
