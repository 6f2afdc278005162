import { isOp, type Model, type Node, type Value } from '../../../graph/index.ts';
import type { ShapeMap } from '../../../analysis/index.ts';
import { nodeLabel } from '../../shared/refuse.ts';
import type { Skipped } from '../../method.ts';

/**
 * Parts of a network that can be left out because their input can stand for their output: y = x + F(x), both of one shape, where F has
 * weights (a residual block, the attention or the feed-forward half of a transformer layer). A half with a Softmax and the half after it make
 * one layer, for halves are useless alone. What follows the sum up to the place where the next block begins (an activation, a LayerNormalization)
 * goes with the block, so that what is left sees the kind of value it knows. Of nested sums the innermost counts.
 */
export interface Block {
  readonly entry: Value;
  /** Replaced by `entry` when the block is dropped. */
  readonly exit: Value;
  readonly name: string;
  readonly nodes: ReadonlySet<Node>;
  /** What is added to the entry at the end of each half. */
  readonly branches: readonly Value[];
}

export interface Blocks {
  /** In the order of the graph. */
  readonly blocks: readonly Block[];
  readonly skipped: readonly Skipped[];
}

export function findBlocks(model: Model, shapes: ShapeMap): Blocks {
  const order = new Map(model.graph.nodes.map((node, i) => [node, i]));
  const sums: Sum[] = [];
  const skipped: Skipped[] = [];
  for (const node of model.graph.nodes) {
    const found = sumAt(model, node, shapes, order);
    if (found === undefined) continue;
    if ('reason' in found)
      skipped.push({ name: nodeLabel(node), opType: 'block', reason: found.reason });
    else sums.push(found);
  }
  const ends = new Set(sums.map(({ add }) => add));
  const innermost = sums.filter(({ nodes, add }) =>
    [...nodes].every((node) => node === add || !ends.has(node)),
  );
  return {
    blocks: layers(
      model,
      innermost.map((sum, i) => asBlock(model, sum, innermost[i + 1], shapes, order)),
    ),
    skipped,
  };
}

interface Sum {
  readonly add: Node;
  readonly entry: Value;
  readonly branch: Value;
  /** On the way from entry to the sum. */
  readonly nodes: ReadonlySet<Node>;
}

type Order = ReadonlyMap<Node, number>;

function sumAt(
  model: Model,
  add: Node,
  shapes: ShapeMap,
  order: Order,
): Sum | { readonly reason: string } | undefined {
  if (!isOp(add, 'Add', 'Sum') || add.inputs.length !== 2) return undefined;
  const [left, right] = add.inputs;
  const [output] = add.outputs;
  if (left === undefined || right === undefined || output === undefined) return undefined;
  if (left.constant !== undefined || right.constant !== undefined) return undefined;
  const dims = shapes.get(output)?.join();
  if (dims === undefined || shapes.get(left)?.join() !== dims || shapes.get(right)?.join() !== dims)
    return undefined;
  for (const [entry, branch] of [
    [left, right],
    [right, left],
  ] as const) {
    const nodes = between(model, entry, branch, order);
    if (nodes === undefined || ![...nodes].some(hasWeight)) continue;
    const reason = obstacle(model, new Set([...nodes, add]), output);
    return reason === undefined ? { add, entry, branch, nodes } : { reason };
  }
  return undefined;
}

const hasWeight = (node: Node): boolean =>
  isOp(node, 'Conv', 'ConvTranspose', 'Gemm', 'MatMul') &&
  node.inputs.some((input, i) => i < 2 && input !== undefined && isStored(input));

/** A constant, perhaps turned or unpacked on its way. */
function isStored(value: Value): boolean {
  if (value.constant !== undefined) return true;
  const producer: Node | undefined = value.producer;
  if (producer?.opType === 'Constant') return true;
  if (!isOp(producer, 'Transpose', 'Identity', 'Cast', 'DequantizeLinear')) return false;
  const [first] = producer.inputs;
  return first !== undefined && isStored(first);
}

/** The nodes that depend on `from` and lead to `to`; undefined where `to` does not depend on `from`. */
function between(model: Model, from: Value, to: Value, order: Order): Set<Node> | undefined {
  const first = from.producer === undefined ? -1 : (order.get(from.producer) ?? -1);
  const last = to.producer === undefined ? -1 : (order.get(to.producer) ?? -1);
  if (last <= first) return undefined;
  const reached = new Set<Value>([from]);
  const forward: Node[] = [];
  for (const node of model.graph.nodes.slice(first + 1, last + 1)) {
    if (!node.inputs.some((input) => input !== undefined && reached.has(input))) continue;
    forward.push(node);
    for (const output of node.outputs) if (output !== undefined) reached.add(output);
  }
  if (!reached.has(to)) return undefined;
  const leads = new Set<Value>([to]);
  const nodes = new Set<Node>();
  for (const node of forward.toReversed()) {
    if (!node.outputs.some((output) => output !== undefined && leads.has(output))) continue;
    nodes.add(node);
    for (const input of node.inputs) if (input !== undefined) leads.add(input);
  }
  return nodes;
}

/** Why the nodes cannot go although what they make at the end can be replaced. */
function obstacle(model: Model, nodes: ReadonlySet<Node>, end: Value): string | undefined {
  for (const node of nodes)
    for (const output of node.outputs) {
      if (output === undefined) continue;
      if (model.graph.outputs.includes(output))
        return output === end
          ? 'its end is an output of the model'
          : 'it also makes an output of the model';
      if (output === end) continue;
      const outside = output.uses.find((use) => !nodes.has(use.node) && !isOp(use.node, 'Shape'));
      if (outside !== undefined)
        return `a value inside it is also read by ${nodeLabel(outside.node)}`;
    }
  return undefined;
}

/** The block ends where the next begins, if nothing but its sum leads there and no weight lies between. */
function asBlock(
  model: Model,
  { add, entry, branch, nodes }: Sum,
  next: Sum | undefined,
  shapes: ShapeMap,
  order: Order,
): Block {
  const end = add.outputs[0] as Value;
  const block = { entry, name: nodeLabel(add), branches: [branch] };
  const whole = new Set([...nodes, add]);
  const tail =
    next === undefined || next.entry === end ? undefined : between(model, end, next.entry, order);
  const follows =
    tail !== undefined &&
    next !== undefined &&
    ![...tail].some(hasWeight) &&
    shapes.get(next.entry)?.join() === shapes.get(entry)?.join() &&
    end.uses.every((use) => tail.has(use.node)) &&
    obstacle(model, tail, next.entry) === undefined;
  return follows
    ? { ...block, exit: next.entry, nodes: new Set([...whole, ...tail]) }
    : { ...block, exit: end, nodes: whole };
}

/** Joins an attention half with the half that begins where it ends. */
function layers(model: Model, halves: readonly Block[]): Block[] {
  const joined: Block[] = [];
  for (let i = 0; i < halves.length; i++) {
    const first = halves[i] as Block;
    const second = halves[i + 1];
    const pair =
      second !== undefined &&
      second.entry === first.exit &&
      attends(first) &&
      !attends(second) &&
      readOnlyInside(model, first.exit, second.nodes);
    if (!pair) {
      joined.push(first);
      continue;
    }
    joined.push({
      entry: first.entry,
      exit: second.exit,
      name: first.name,
      nodes: new Set([...first.nodes, ...second.nodes]),
      branches: [...first.branches, ...second.branches],
    });
    i++;
  }
  return joined;
}

const attends = ({ nodes }: Block): boolean => [...nodes].some((node) => isOp(node, 'Softmax'));

const readOnlyInside = (model: Model, value: Value, nodes: ReadonlySet<Node>): boolean =>
  !model.graph.outputs.includes(value) && value.uses.every((use) => nodes.has(use.node));
