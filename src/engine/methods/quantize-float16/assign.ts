import { isOp, type Model, type Node, type Value } from '../../graph/index.ts';
import type { Skipped } from '../method.ts';
import { skippedNode } from '../shared/refuse.ts';
import { isKept, isOverridable } from '../shared/weight-targets.ts';
import { computesInHalf, isFloat32Input, readsAnyType } from './operators.ts';
import type { QuantizeFloat16Options } from './options.ts';
import { valueTypes } from './value-types.ts';

/**
 * Decides, without touching anything, which nodes compute in float16 and which type every float32 value has afterwards. Where the two
 * ends of an edge disagree the rewrite puts a Cast; a constant is converted instead, once per type that is asked of it.
 */
export interface Assignment {
  /** Nodes that compute in float16. */
  readonly half: ReadonlySet<Node>;
  /** Constant, ConstantOfShape and Cast nodes that make float16 instead of float32. */
  readonly makers: ReadonlySet<Node>;
  /** Values of the main graph that were float32, and what they are afterwards; constants not among them. */
  readonly values: ReadonlyMap<Value, FloatType>;
  readonly constants: readonly ConstantUse[];
  readonly keepIo: boolean;
  readonly skipped: readonly Skipped[];
}

export type FloatType = 'float16' | 'float32';

/** A float32 initializer that somebody wants in float16. */
export interface ConstantUse {
  readonly value: Value;
  /** All readers want float16: it is converted in place. Otherwise a converted copy stands beside it. */
  readonly inPlace: boolean;
}

export function assign(model: Model, options: QuantizeFloat16Options): Assignment {
  const opset = model.opsets.get('') ?? 0;
  const types = valueTypes(model);
  const kept = new Set(options.keep);
  const keptOperators = new Set(options.keepOperators);
  const half = new Set<Node>();
  const skipped: Skipped[] = [];
  for (const node of model.graph.nodes) {
    const floats = [...node.inputs, ...node.outputs].some(
      (value) => value && types.get(value) === 'float32',
    );
    if (!floats || isMaker(node) || readsAnyType(node)) continue;
    const reason =
      isKept(node, kept) || keptOperators.has(node.opType)
        ? 'kept as asked'
        : node.inputs.some((input) => input !== undefined && types.get(input) === undefined)
          ? 'the type of an input is not known'
          : computesInHalf(node, opset)
            ? undefined
            : `${node.opType} stays in float32 behind casts`;
    if (reason === undefined) half.add(node);
    else skipped.push(skippedNode(node, reason));
  }
  const wants = wantsOf(model, half, opset, options.keepIo);
  const makers = new Set<Node>();
  const values = new Map<Value, FloatType>();
  for (const input of model.graph.inputs)
    if (
      types.get(input) === 'float32' &&
      (input.constant === undefined || isOverridable(model, input))
    )
      values.set(input, options.keepIo ? 'float32' : 'float16');
  for (const node of model.graph.nodes)
    for (const [index, output] of node.outputs.entries()) {
      if (output === undefined || types.get(output) !== 'float32') continue;
      const asHalf =
        half.has(node) || (isMaker(node) && index === 0 && wants(output) === 'float16');
      if (asHalf && isMaker(node)) makers.add(node);
      values.set(output, asHalf ? 'float16' : 'float32');
    }
  const constants = model.graph.constants
    .filter(
      (value) => types.get(value) === 'float32' && !values.has(value) && wants(value) !== 'float32',
    )
    .map((value): ConstantUse => ({ value, inPlace: wants(value) === 'float16' }));
  return { half, makers, values, constants, keepIo: options.keepIo, skipped };
}

/** Makes a float from nothing or from another type. */
const isMaker = (node: Node): boolean => isOp(node, 'Cast', 'Constant', 'ConstantOfShape');

/** What the readers of a value want; outputs of the model count as readers. */
function wantsOf(
  model: Model,
  half: ReadonlySet<Node>,
  opset: number,
  keepIo: boolean,
): (value: Value) => FloatType | 'both' {
  return (value) => {
    const wanted = new Set<FloatType>();
    for (const use of value.uses) {
      const want = wantedAt(use.node, use.index, half, model, opset);
      if (want !== 'any') wanted.add(want);
    }
    if (model.graph.outputs.includes(value)) wanted.add(keepIo ? 'float32' : 'float16');
    if (wanted.size === 2) return 'both';
    return wanted.has('float16') ? 'float16' : 'float32';
  };
}

/** The type that input `index` of a node must have, after the nodes in `half` have been converted. */
export function wantedAt(
  node: Node,
  index: number,
  half: ReadonlySet<Node>,
  model: Model,
  opset: number,
): FloatType | 'any' {
  if (node.graph === model.graph && readsAnyType(node)) return 'any';
  return half.has(node) && !isFloat32Input(node, index, opset) ? 'float16' : 'float32';
}
