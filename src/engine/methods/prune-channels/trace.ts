import { attributeInt, isOp, type Model, type Node, type Value } from '../../graph/index.ts';
import type { ShapeMap } from '../../analysis/index.ts';
import type { WeightSite } from '../method.ts';
import { constantOf } from '../shared/constant-of.ts';
import { isOverridable } from '../shared/weight-targets.ts';
import { describe, Stop, type ChannelGroup, type Cut, type LengthEntry } from './group.ts';
import { sameLayout, type Layout } from './layout.ts';
import { ruleOf } from './rules.ts';

/**
 * Follows the output channels of a layer to every weight that consumes them. Each operator on the way has a rule (rules.ts) that carries
 * the channels on, cuts its own parameters, ends the way, or stops the whole attempt with a reason. What has no rule stops it too:
 * nothing is cut on a guess.
 */
export class Trace {
  readonly cuts: Cut[] = [];
  readonly depthwise: Node[] = [];
  readonly lengths: LengthEntry[] = [];
  readonly layouts = new Map<Value, Layout>();
  readonly #model: Model;
  readonly #shapes: ShapeMap | undefined;
  readonly #queue: Value[] = [];
  /** Operators of two operands of which only one has been reached yet. */
  readonly #halfReached = new Set<Node>();
  readonly channels: number;

  constructor(model: Model, shapes: ShapeMap | undefined, channels: number) {
    this.#model = model;
    this.#shapes = shapes;
    this.channels = channels;
  }

  /** The channels lie in `value` as `layout` says. */
  flow(value: Value | undefined, layout: Layout): void {
    if (value === undefined) return;
    const known = this.layouts.get(value);
    if (known !== undefined) {
      if (!sameLayout(known, layout))
        throw new Stop(`its channels meet in two arrangements at ${value.name}`);
      return;
    }
    if (this.#model.graph.outputs.includes(value))
      throw new Stop('its output is an output of the model');
    this.layouts.set(value, layout);
    this.#queue.push(value);
  }

  /** Slices the constant input `index` of `node`. */
  cut(node: Node, index: number, layout: Layout): void {
    const tensor = constantOf(node.inputs[index]);
    if (tensor === undefined)
      throw new Stop(`an input of ${describe(node)} is computed, not stored`);
    if (this.#overridable(node.inputs[index]))
      throw new Stop(`a parameter of ${describe(node)} is a graph input`);
    if (tensor.dims[layout.axis] !== layout.outer * this.channels * layout.inner)
      throw new Stop(`${describe(node)} has a parameter of another length`);
    if (
      !this.cuts.some(
        (cut) => cut.node === node && cut.index === index && cut.layout.axis === layout.axis,
      )
    )
      this.cuts.push({ node, index, layout });
  }

  #overridable(value: Value | undefined): boolean {
    return value !== undefined && isOverridable(this.#model, value);
  }

  /** `node` joins the channels with another operand that has not been reached (yet). */
  waitFor(node: Node): void {
    this.#halfReached.add(node);
  }

  joined(node: Node): void {
    this.#halfReached.delete(node);
  }

  dims(value: Value | undefined): readonly number[] {
    const dims = this.knownDims(value);
    if (dims === undefined)
      throw new Stop(`the shape of ${value?.name ?? 'an input'} is not known`);
    return dims;
  }

  knownDims(value: Value | undefined): readonly number[] | undefined {
    if (value === undefined) return undefined;
    const measured = this.#shapes?.get(value) ?? constantOf(value)?.dims;
    if (measured !== undefined) return measured;
    const dims = value.type?.kind === 'tensor' ? value.type.dims : undefined;
    return dims?.every((dim) => typeof dim === 'number') === true ? dims : undefined;
  }

  run(): void {
    for (let value = this.#queue.shift(); value !== undefined; value = this.#queue.shift()) {
      const layout = this.layouts.get(value) as Layout;
      for (const { node, index } of value.uses) {
        if (node.graph !== this.#model.graph)
          throw new Stop(`its output is read inside a subgraph by ${describe(node)}`);
        ruleOf(node)({ trace: this, node, index, value, layout });
      }
    }
    const [open] = this.#halfReached;
    if (open !== undefined)
      throw new Stop(`its output is joined with another branch by ${describe(open)}`);
  }
}

/** The group of a layer, or the reason why its channels must stay. */
export function traceGroup(
  model: Model,
  site: WeightSite,
  shapes: ShapeMap | undefined,
): ChannelGroup | { readonly reason: string } {
  try {
    return trace(model, site, shapes);
  } catch (error) {
    if (error instanceof Stop) return { reason: error.reason };
    throw error;
  }
}

function trace(model: Model, site: WeightSite, shapes: ShapeMap | undefined): ChannelGroup {
  const { node, index, outputAxis } = site;
  const channels = constantOf(site.value)?.dims[outputAxis] ?? 0;
  const found = new Trace(model, shapes, channels);
  const output = node.outputs[0];
  const plain = { outer: 1, inner: 1 };
  found.cut(node, index, { axis: outputAxis, ...plain });
  cutBias(found, site);
  const axis = isOp(node, 'MatMul') ? found.dims(output).length - 1 : 1;
  found.flow(output, { axis, ...plain });
  found.run();
  const [only] = output?.uses ?? [];
  const norm =
    output?.uses.length === 1 && isOp(only?.node, 'BatchNormalization') ? only.node : undefined;
  return {
    site,
    channels,
    cuts: found.cuts,
    depthwise: found.depthwise,
    lengths: found.lengths,
    values: found.layouts,
    norm,
  };
}

/** The bias of the layer itself; stops for layers that have no plain output channels. */
function cutBias(found: Trace, { node, index }: WeightSite): void {
  const plain = { outer: 1, inner: 1 };
  switch (node.opType) {
    case 'Conv':
    case 'ConvTranspose':
      if (attributeInt(node, 'group', 1) !== 1) throw new Stop('it is a grouped convolution');
      if (node.inputs[2] !== undefined) found.cut(node, 2, { axis: 0, ...plain });
      return;
    case 'Gemm': {
      if (index !== 1) throw new Stop('its weight is the left operand');
      const bias = node.inputs[2];
      const dims = bias === undefined ? [] : found.dims(bias);
      if (dims.length > 0 && dims.at(-1) !== 1)
        found.cut(node, 2, { axis: dims.length - 1, ...plain });
      return;
    }
    case 'MatMul':
      if (index !== 1 || constantOf(node.inputs[1])?.dims.length !== 2)
        throw new Stop('it is no plain matrix product with a weight on the right');
      return;
    default:
      throw new Stop(`${node.opType} is not a layer whose channels can be cut`);
  }
}
