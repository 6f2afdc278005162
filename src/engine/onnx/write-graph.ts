import type { Part } from '../core/index.ts';
import type { Graph, Node, Value, ValueType } from '../graph/index.ts';
import { graphNotes, type Mention, type Mentions, nodeNotes } from './notes.ts';
import { areSmall, PartWriter } from './part-writer.ts';
import { sameType } from './same-type.ts';
import { attributeParts, writeAttribute } from './write-attribute.ts';
import type { TensorPlaces, WriteContext } from './write-context.ts';
import { sparseParts, tensorParts } from './write-tensor.ts';
import { writeType } from './write-type.ts';

/** Graph → GraphProto. The mirror of read-graph.ts: kept fields first, so that what the IR says has the last word. */
export function graphParts(graph: Graph, places: TensorPlaces): Part[] {
  const context: WriteContext = {
    placeOfInitializer: (tensor) => places.placeOfInitializer(tensor),
    placeOfAttribute: (tensor) => places.placeOfAttribute(tensor),
    graph: (inner) => partsOf(inner, context),
  };
  return partsOf(graph, context);
}

function partsOf(graph: Graph, context: WriteContext): Part[] {
  const w = new PartWriter();
  const notes = graphNotes(graph);
  if (notes !== undefined) w.parts(notes.rest);
  for (const node of inFileOrder(graph.nodes)) writeNode(w, node, context);
  if (graph.name !== '') w.text(2, graph.name);
  for (const { constant, name } of graph.constants)
    if (constant !== undefined)
      w.message(5, tensorParts(constant, name, context.placeOfInitializer(constant)));
  writeInfos(w, 11, graph.inputs, notes?.inputs);
  writeInfos(w, 12, graph.outputs, notes?.outputs);
  writeInfos(w, 13, graph.annotated, notes?.infos);
  for (const { sparse, name } of graph.constants)
    if (sparse !== undefined)
      w.message(
        15,
        sparseParts(sparse, name, (tensor) => context.placeOfInitializer(tensor)),
      );
  return w.finish();
}

/** The order they were read in, if they are still the very nodes of an unsorted file; else as they are. */
function inFileOrder(nodes: readonly Node[]): readonly Node[] {
  if (nodes.length === 0 || positionOf(nodes[0] as Node) === undefined) return nodes;
  const ordered: Node[] = [];
  for (const node of nodes) {
    const position = positionOf(node);
    if (position === undefined || position >= nodes.length || ordered[position] !== undefined)
      return nodes;
    ordered[position] = node;
  }
  return ordered;
}

const positionOf = (node: Node): number | undefined => nodeNotes(node)?.position;

/** `field`: 1 in a graph, 7 in a function. */
export function writeNode(w: PartWriter, node: Node, context: WriteContext, field = 1): void {
  if (isSmall(node)) {
    w.small(field, () => {
      writeHead(w, node);
      for (const [name, attribute] of node.attributes)
        w.small(5, () => writeAttribute(w, name, attribute, context));
    });
    return;
  }
  const own = new PartWriter();
  writeHead(own, node);
  for (const [name, attribute] of node.attributes)
    own.message(5, attributeParts(name, attribute, context));
  w.message(field, own.finish());
}

/** False when the node may hold spans: tensors, graphs, kept bytes. */
function isSmall(node: Node): boolean {
  const notes = nodeNotes(node);
  if (notes !== undefined && !areSmall(notes.rest)) return false;
  for (const { kind, opaque } of node.attributes.values())
    if (
      opaque !== undefined ||
      kind === 'tensor' ||
      kind === 'tensors' ||
      kind === 'graph' ||
      kind === 'graphs'
    )
      return false;
  return true;
}

function writeHead(w: PartWriter, node: Node): void {
  const notes = nodeNotes(node);
  if (notes !== undefined) w.parts(notes.rest);
  for (const input of node.inputs) w.text(1, input?.name ?? '');
  for (const output of node.outputs) w.text(2, output?.name ?? '');
  if (node.name !== '') w.text(3, node.name);
  if (node.opType !== '') w.text(4, node.opType);
  if (node.domain !== '') w.text(7, node.domain);
}

function writeInfos(
  w: PartWriter,
  field: number,
  values: readonly Value[],
  mentions: Mentions | undefined,
): void {
  const counts =
    mentions === undefined || mentions.size === 0 ? undefined : new Map<string, number>();
  for (const value of values) {
    const at = counts?.get(value.name) ?? 0;
    counts?.set(value.name, at + 1);
    writeInfo(w, field, value, mentions?.get(value.name)?.[at]);
  }
}

function writeInfo(w: PartWriter, field: number, value: Value, mention: Mention | undefined): void {
  const own = new PartWriter();
  if (mention !== undefined) own.parts(mention.rest);
  if (value.name !== '') own.text(1, value.name);
  const type = typeHere(value, mention);
  if (type !== undefined) writeType(own, 2, type);
  w.message(field, own.finish());
}

function typeHere(value: Value, mention: Mention | undefined): ValueType | undefined {
  const other = mention?.type;
  return other !== undefined && sameType(other.base, value.type) ? other.here : value.type;
}
