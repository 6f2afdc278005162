import { EngineError, type ErrorCode } from '../core/index.ts';
import {
  newValue,
  sortTopologically,
  type Mutable,
  type Node,
  type Use,
  type Value,
} from '../graph/index.ts';
import type { GraphDraft, NodeDraft, ValueInfo } from './drafts.ts';
import { type GraphNotes, type Mention, type NodeNotes, notesOf } from './notes.ts';
import { sameType } from './same-type.ts';

/**
 * Names → identity. A name is looked up in its own graph and then outwards. In a sorted file one pass does it; a reader before
 * its writer is left open and tried again at the end: found, and the graph is put in order (ONNX Runtime reads such
 * files, the IR promises order); not found, and the input dangles. Linear in the size of the file.
 */
class Scope {
  readonly values = new Map<string, MutableValue>();
  readonly parent: Scope | undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  find(name: string): MutableValue | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const value = scope.values.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

type MutableValue = Mutable<Value> & { uses: Use[] };

interface OpenInput {
  readonly draft: NodeDraft;
  readonly index: number;
  readonly name: string;
  readonly scope: Scope;
  readonly where: string;
}

export function linkGraphs(main: GraphDraft): void {
  const open: OpenInput[] = [];
  const drafts: GraphDraft[] = [];
  link(main, undefined, open, drafts);
  if (open.length === 0) return;
  for (const input of open) {
    const value = input.scope.find(input.name);
    if (value === undefined)
      fail('onnx/dangling', input.where, `reads "${input.name}", which nothing produces`);
    (input.draft.node.inputs as (Value | undefined)[])[input.index] = value;
    value.uses.push({ node: input.draft.node, index: input.index });
  }
  for (const draft of drafts) sort(draft);
}

/** The order of the file is noted, so that an untouched graph is written as it was. */
function sort({ graph, path }: GraphDraft): void {
  const fileOrder = graph.nodes;
  try {
    graph.nodes = sortTopologically(graph);
  } catch (error) {
    fail('onnx/cycle', path, error instanceof Error ? error.message : 'the nodes form a cycle');
  }
  if (graph.nodes.every((node, i) => node === fileOrder[i])) return;
  fileOrder.forEach((node, position) => {
    const notes: NodeNotes = { rest: notesOf<NodeNotes>(node.opaque)?.rest ?? [], position };
    (node as Mutable<Node>).opaque = notes;
  });
}

function fail(code: ErrorCode, where: string, detail: string): never {
  throw new EngineError(code, { where, detail });
}

function link(
  draft: GraphDraft,
  parent: Scope | undefined,
  open: OpenInput[],
  drafts: GraphDraft[],
): void {
  drafts.push(draft);
  const scope = new Scope(parent);
  const { graph, path } = draft;
  linkInputs(draft, scope);
  linkConstants(draft, scope);
  draft.nodes.forEach((node, i) => linkNode(node, i, draft, scope, open, drafts));
  const dangling = draft.outputs.findIndex((info) => scope.find(info.name) === undefined);
  if (dangling >= 0)
    fail(
      'onnx/dangling',
      `${path}.output[${dangling}]`,
      `"${draft.outputs[dangling]?.name}" is never produced`,
    );
  graph.outputs = draft.outputs.map((info) => scope.find(info.name) as Value);
  // value_info of names that are not there (left behind by other tools) is carried along by values of their own.
  const strays = new Map<string, MutableValue>();
  graph.annotated = draft.infos.map(({ name }) => {
    const value = scope.values.get(name) ?? strays.get(name) ?? newValue(name, undefined);
    if (!scope.values.has(name)) strays.set(name, value);
    return value;
  });
  noteMentions(draft);
}

function linkInputs(draft: GraphDraft, scope: Scope): void {
  draft.graph.inputs = draft.inputs.map((info, i) => {
    const where = `${draft.path}.input[${i}]`;
    if (scope.values.has(info.name))
      fail('onnx/duplicate-name', where, `a second input named "${info.name}"`);
    if (info.name === '') fail('onnx/malformed', where, 'an input without a name');
    const value = newValue(info.name, info.type);
    scope.values.set(info.name, value);
    return value;
  });
}

function linkConstants(draft: GraphDraft, scope: Scope): void {
  const add = (name: string, where: string): MutableValue => {
    if (name === '') fail('onnx/malformed', where, 'an initializer without a name');
    const given = scope.values.get(name);
    if (given !== undefined && (given.constant !== undefined || given.sparse !== undefined))
      fail('onnx/duplicate-name', where, `a second initializer named "${name}"`);
    const value = given ?? newValue(name, undefined);
    scope.values.set(name, value);
    draft.graph.constants.push(value);
    return value;
  };
  draft.initializers.forEach(({ name, tensor }, i) => {
    add(name, `${draft.path}.initializer[${i}]`).constant = tensor;
  });
  draft.sparse.forEach(({ name, tensor }, i) => {
    add(name, `${draft.path}.sparse_initializer[${i}]`).sparse = tensor;
  });
}

function linkNode(
  draft: NodeDraft,
  i: number,
  graph: GraphDraft,
  scope: Scope,
  open: OpenInput[],
  drafts: GraphDraft[],
): void {
  const { node } = draft;
  const inputs: (Value | undefined)[] = [];
  for (let index = 0; index < draft.inputs.length; index++) {
    const name = draft.inputs[index] as string;
    const value = name === '' ? undefined : scope.find(name);
    inputs.push(value);
    if (value !== undefined) value.uses.push({ node, index });
    else if (name !== '')
      open.push({ draft, index, name, scope, where: `${graph.path}.node[${i}].input[${index}]` });
  }
  node.inputs = inputs;
  for (const sub of draft.subgraphs) link(sub, scope, open, drafts);
  node.outputs = draft.outputs.map((name, k) => {
    if (name === '') return undefined;
    if (scope.find(name) !== undefined)
      fail(
        'onnx/duplicate-name',
        `${graph.path}.node[${i}].output[${k}]`,
        `"${name}" is defined before`,
      );
    const value = newValue(name, undefined);
    value.producer = node;
    scope.values.set(name, value);
    return value;
  });
  graph.graph.nodes.push(node);
}

/** Gives every value the first type said of it and keeps what else the mentions say. */
function noteMentions(draft: GraphDraft): void {
  const { graph } = draft;
  const odd: {
    list: Map<string, (Mention | undefined)[]>;
    at: number;
    info: ValueInfo;
    value: Value;
  }[] = [];
  const lists = { inputs: new Map(), outputs: new Map(), infos: new Map() } as const;
  const mention = (
    infos: readonly ValueInfo[],
    values: readonly Value[],
    list: Map<string, (Mention | undefined)[]>,
    first: boolean,
  ): void => {
    const counts = new Map<string, number>();
    infos.forEach((info, i) => {
      const at = counts.get(info.name) ?? 0;
      counts.set(info.name, at + 1);
      const value = values[i] as Mutable<Value>;
      const isOwn = first || (value.type === undefined && info.type !== undefined);
      if (isOwn) value.type = info.type;
      if (info.rest === undefined && isOwn && info.type !== undefined) return;
      odd.push({ list, at, info, value });
    });
  };
  mention(draft.inputs, graph.inputs, lists.inputs, true);
  mention(draft.outputs, graph.outputs, lists.outputs, false);
  mention(draft.infos, graph.annotated, lists.infos, false);
  for (const { list, at, info, value } of odd) {
    const differs = !sameType(info.type, value.type);
    if (!differs && info.rest === undefined) continue;
    const noted = list.get(info.name) ?? [];
    noted[at] = {
      rest: info.rest ?? [],
      type: differs ? { here: info.type, base: value.type } : undefined,
    };
    list.set(info.name, noted);
  }
  if (draft.rest.length === 0 && Object.values(lists).every((list) => list.size === 0)) return;
  const notes: GraphNotes = { rest: draft.rest, ...lists };
  graph.opaque = notes;
}
