import type { Part } from '../core/index.ts';
import type { Attribute, MutableGraph, ValueType } from '../graph/index.ts';
import type { GraphDraft, NodeDraft, ReadContext, ValueInfo } from './drafts.ts';
import { readAttribute } from './read-attribute.ts';
import { readSparse, readTensor } from './read-tensor.ts';
import { readType } from './read-type.ts';
import { graphTags, maxGraphDepth, nodeTags, valueInfoTags } from './schema.ts';

/** GraphProto and NodeProto, names not yet linked. Fields the IR does not model are kept as `rest`. */
export function readGraph(context: ReadContext, end: number, depth: number): GraphDraft {
  const { c, files } = context;
  if (depth > maxGraphDepth)
    c.fail('onnx/too-deep', `graphs nested more than ${maxGraphDepth} deep`);
  const graph: MutableGraph = {
    name: '',
    inputs: [],
    outputs: [],
    nodes: [],
    constants: [],
    annotated: [],
  };
  const draft: GraphDraft = {
    graph,
    outer: context.within,
    step: c.pathFrom(context.within?.pathDepth ?? 0),
    pathDepth: c.depth,
    nodes: [],
    subgraphs: new Map(),
    initializers: [],
    sparse: [],
    inputs: [],
    outputs: [],
    infos: [],
    rest: [],
  };
  context.within = draft;
  while (c.pos < end) {
    const start = c.pos;
    const tag = c.tag(end);
    switch (tag) {
      case graphTags.node:
        c.enter('node', draft.nodes.length);
        readNode(context, c.length(end) + c.pos, draft, depth);
        c.leave();
        break;
      case graphTags.initializer:
        c.enter('initializer', draft.initializers.length);
        draft.initializers.push(readTensor(c, c.length(end) + c.pos, files));
        c.leave();
        break;
      case graphTags.sparse:
        c.enter('sparse_initializer', draft.sparse.length);
        draft.sparse.push(readSparse(c, c.length(end) + c.pos, files));
        c.leave();
        break;
      case graphTags.input:
        readInfo(context, end, 'input', draft.inputs);
        break;
      case graphTags.output:
        readInfo(context, end, 'output', draft.outputs);
        break;
      case graphTags.valueInfo:
        readInfo(context, end, 'value_info', draft.infos);
        break;
      case graphTags.name:
        graph.name = c.text(end);
        if (graph.name === '') draft.rest.push(c.part(start, c.pos));
        break;
      default:
        c.skip(tag, end);
        draft.rest.push(c.part(start, c.pos));
    }
  }
  context.within = draft.outer;
  return draft;
}

function readInfo({ c }: ReadContext, outer: number, field: string, list: ValueInfo[]): void {
  c.enter(field, list.length);
  const end = c.length(outer) + c.pos;
  let name = '';
  let type: ValueType | undefined;
  let rest: Part[] | undefined;
  while (c.pos < end) {
    const start = c.pos;
    const tag = c.tag(end);
    if (tag === valueInfoTags.name) {
      name = c.text(end);
      if (name === '') (rest ??= []).push(c.part(start, c.pos));
    } else if (tag === valueInfoTags.type) {
      if (type !== undefined) c.fail('onnx/malformed', 'the type is given twice', start);
      c.enter('type');
      type = readType(c, c.length(end) + c.pos);
      c.leave();
    } else {
      c.skip(tag, end);
      (rest ??= []).push(c.part(start, c.pos));
    }
  }
  list.push({ name, type, rest });
  c.leave();
}

const noAttributes: ReadonlyMap<string, Attribute> = new Map();

function readNode(context: ReadContext, end: number, draft: GraphDraft, depth: number): void {
  const { c, inputs, outputs } = context;
  const firstInput = inputs.top;
  const firstOutput = outputs.top;
  let attributes: Map<string, Attribute> | undefined;
  let subgraphs: GraphDraft[] | undefined;
  let opType = '';
  let domain = '';
  let name = '';
  let rest: Part[] | undefined;
  while (c.pos < end) {
    const start = c.pos;
    const tag = c.tag(end);
    switch (tag) {
      case nodeTags.input:
        inputs.push(c.text(end));
        continue;
      case nodeTags.output:
        outputs.push(c.text(end));
        continue;
      case nodeTags.attribute: {
        attributes ??= new Map();
        c.enter('attribute', attributes.size);
        const graphs = readAttribute(context, c.length(end) + c.pos, depth, attributes);
        for (const graph of graphs ?? []) (subgraphs ??= []).push(graph);
        c.leave();
        continue;
      }
      case nodeTags.opType:
        opType = c.text(end);
        if (opType !== '') continue;
        break;
      case nodeTags.domain:
        domain = c.text(end);
        if (domain === 'ai.onnx') domain = '';
        if (domain !== '') continue;
        break;
      case nodeTags.name:
        name = c.text(end);
        if (name !== '') continue;
        break;
      default:
        c.skip(tag, end);
    }
    (rest ??= []).push(c.part(start, c.pos));
  }
  const node: NodeDraft = {
    opType,
    domain,
    name,
    inputs: inputs.take(firstInput),
    outputs: outputs.take(firstOutput),
    attributes: attributes ?? noAttributes,
    graph: draft.graph,
  };
  if (rest !== undefined) node.opaque = { rest };
  if (subgraphs !== undefined) draft.subgraphs.set(node, subgraphs);
  draft.nodes.push(node);
}
