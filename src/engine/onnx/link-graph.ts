import { EngineError, type ErrorCode } from '../core/index.ts';
import {
  newValue,
  sortTopologically,
  type Mutable,
  type Node,
  type Use,
  type Value,
} from '../graph/index.ts';
import { type GraphDraft, type NodeDraft, pathOf, type ValueInfo } from './drafts.ts';
import { type GraphNotes, type Mention, type NodeNotes, nodeNotes } from './notes.ts';
import { sameType } from './same-type.ts';
import { clipped } from './text.ts';

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
    return this.values.get(name) ?? this.parent?.find(name);
  }
}

type MutableValue = Mutable<Value> & { uses: Use[] };

/** A reader that comes before its writer. */
interface OpenInput {
  readonly draft: GraphDraft;
  readonly at: number;
  readonly index: number;
  readonly scope: Scope;
}

interface Linking {
  readonly open: OpenInput[];
  readonly drafts: GraphDraft[];
}

export function linkGraphs(main: GraphDraft): void {
  const linking: Linking = { open: [], drafts: [] };
  link(main, undefined, linking);
  if (linking.open.length === 0) return;
  for (const { draft, at, index, scope } of linking.open) {
    const node = draft.nodes[at] as NodeDraft;
    const name = node.inputs[index] as string;
    const value = scope.find(name);
    if (value === undefined) {
      const where = `${pathOf(draft)}.node[${at}].input[${index}]`;
      fail('onnx/dangling', where, `reads "${name}", which nothing produces`);
    }
    node.inputs[index] = value;
    addUse(value, node, index);
  }
  for (const draft of linking.drafts) sort(draft);
}

/** The first use makes the list: most values have one, and a list that grew has room for sixteen more. */
function addUse(value: MutableValue, node: NodeDraft, index: number): void {
  const use = { node: node as Node, index };
  if (value.uses.length === 0) value.uses = [use];
  else value.uses.push(use);
}

/** The order of the file is noted, so that an untouched graph is written as it was. */
function sort(draft: GraphDraft): void {
  const { graph } = draft;
  const fileOrder = graph.nodes;
  try {
    graph.nodes = sortTopologically(graph);
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'the nodes form a cycle';
    fail('onnx/cycle', pathOf(draft), detail);
  }
  if (graph.nodes.every((node, i) => node === fileOrder[i])) return;
  fileOrder.forEach((node, position) => {
    const notes: NodeNotes = { rest: nodeNotes(node)?.rest ?? [], position };
    (node as Mutable<Node>).opaque = notes;
  });
}

function fail(code: ErrorCode, where: string, detail: string): never {
  throw new EngineError(code, { where, detail: clipped(detail) });
}

function link(draft: GraphDraft, parent: Scope | undefined, linking: Linking): void {
  linking.drafts.push(draft);
  const scope = new Scope(parent);
  const { graph } = draft;
  linkInputs(draft, scope);
  linkConstants(draft, scope);
  for (let i = 0; i < draft.nodes.length; i++) linkNode(draft, i, scope, linking);
  graph.nodes = draft.nodes as Node[];
  const dangling = draft.outputs.findIndex((info) => scope.find(info.name) === undefined);
  if (dangling >= 0)
    fail(
      'onnx/dangling',
      `${pathOf(draft)}.output[${dangling}]`,
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
    if (info.name === '')
      fail('onnx/malformed', `${pathOf(draft)}.input[${i}]`, 'an input without a name');
    if (scope.values.has(info.name)) {
      const where = `${pathOf(draft)}.input[${i}]`;
      fail('onnx/duplicate-name', where, `a second input named "${info.name}"`);
    }
    const value = newValue(info.name, info.type);
    scope.values.set(info.name, value);
    return value;
  });
}

function linkConstants(draft: GraphDraft, scope: Scope): void {
  draft.initializers.forEach(({ name, tensor }, i) => {
    newConstant(draft, scope, name, 'initializer', i).constant = tensor;
  });
  draft.sparse.forEach(({ name, tensor }, i) => {
    newConstant(draft, scope, name, 'sparse_initializer', i).sparse = tensor;
  });
}

function newConstant(
  draft: GraphDraft,
  scope: Scope,
  name: string,
  list: string,
  i: number,
): MutableValue {
  if (name === '')
    fail('onnx/malformed', `${pathOf(draft)}.${list}[${i}]`, 'an initializer without a name');
  const given = scope.values.get(name);
  if (given !== undefined && (given.constant !== undefined || given.sparse !== undefined))
    fail(
      'onnx/duplicate-name',
      `${pathOf(draft)}.${list}[${i}]`,
      `a second initializer named "${name}"`,
    );
  const value = given ?? newValue(name, undefined);
  if (given === undefined) scope.values.set(name, value);
  draft.graph.constants.push(value);
  return value;
}

function linkNode(draft: GraphDraft, i: number, scope: Scope, linking: Linking): void {
  const node = draft.nodes[i] as NodeDraft;
  const { inputs, outputs } = node;
  for (let index = 0; index < inputs.length; index++) {
    const name = inputs[index] as string;
    const value = name === '' ? undefined : scope.find(name);
    if (value !== undefined) addUse(value, node, index);
    else if (name !== '') {
      linking.open.push({ draft, at: i, index, scope });
      continue;
    }
    inputs[index] = value;
  }
  for (const sub of draft.subgraphs.get(node) ?? []) link(sub, scope, linking);
  for (let k = 0; k < outputs.length; k++) {
    const name = outputs[k] as string;
    if (name !== '' && scope.find(name) !== undefined) {
      const where = `${pathOf(draft)}.node[${i}].output[${k}]`;
      fail('onnx/duplicate-name', where, `"${name}" is defined before`);
    }
    outputs[k] = name === '' ? undefined : newOutput(name, node, scope);
  }
}

function newOutput(name: string, node: NodeDraft, scope: Scope): Value {
  const value = newValue(name, undefined);
  value.producer = node as Node;
  scope.values.set(name, value);
  return value;
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
