import { EngineError } from '../core/index.ts';
import type { ModelEdit, Node, Value } from '../graph/index.ts';
import { add } from './gradients/expressions.ts';
import type { GradientContext } from './gradients/rule.ts';
import { zerosLike } from './gradients/runtime-shape.ts';
import { stopsGradient } from './gradients/stopped.ts';
import { ruleOf } from './gradients/table.ts';
import { trainingObstacles } from './obstacle.ts';

/**
 * Reverse-mode differentiation (Griewank & Walther, "Evaluating Derivatives", ch. 3): walks the
 * forward nodes backwards and asks each one's rule for dL/dinput. Only nodes between a wanted
 * value and the loss are touched; gradients of a value that is read several times are added.
 */
export interface DifferentiateOptions {
  /** The forward nodes, in topological order. */
  readonly nodes: readonly Node[];
  /** dL/dv where the loss touches the network. */
  readonly seeds: readonly { readonly of: Value; readonly gradient: Value }[];
  /** Values whose gradient is wanted (weights). */
  readonly wanted: readonly Value[];
  /** Measured dims of forward values. */
  readonly dims: (value: Value) => readonly number[];
  /** What training forms left for the rules. */
  saved(node: Node, name: string): Value | undefined;
}

/**
 * dL/dv for every wanted value that the loss depends on. Throws `train/no-rule` naming the node in
 * the way.
 */
export function differentiate(edit: ModelEdit, options: DifferentiateOptions): Map<Value, Value> {
  const { nodes, wanted: sought, seeds } = options;
  const [obstacle] = trainingObstacles(
    nodes,
    sought,
    seeds.map(({ of }) => of),
  );
  if (obstacle !== undefined) throw refusal(obstacle.node, obstacle.detail);
  const dependent = dependentValues(options.nodes, options.wanted);
  const gradients = new Map<Value, Value>();
  const accumulate = (value: Value, gradient: Value): void => {
    const before = gradients.get(value);
    gradients.set(value, before === undefined ? gradient : add(edit, before, gradient));
  };
  for (const { of, gradient } of options.seeds) accumulate(of, gradient);
  for (const node of options.nodes.toReversed()) {
    if (stopsGradient(node)) continue;
    if (!node.inputs.some((input) => input !== undefined && dependent.has(input))) continue;
    const outputGradients = node.outputs.map((output) => output && gradients.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const inputGradients = inputGradientsOf(edit, node, outputGradients, dependent, options);
    node.inputs.forEach((input, index) => {
      const gradient = inputGradients[index];
      if (input !== undefined && gradient !== undefined && dependent.has(input))
        accumulate(input, gradient);
    });
  }
  const wanted = new Map<Value, Value>();
  for (const value of options.wanted) {
    const gradient = gradients.get(value);
    if (gradient !== undefined) wanted.set(value, gradient);
  }
  return wanted;
}

/**
 * Everything that depends differentiably on a wanted value, and the wanted values themselves:
 * shape arithmetic and comparisons do not.
 */
function dependentValues(nodes: readonly Node[], wanted: readonly Value[]): Set<Value> {
  const dependent = new Set<Value>(wanted);
  for (const node of nodes) {
    if (stopsGradient(node)) continue;
    if (!node.inputs.some((input) => input !== undefined && dependent.has(input))) continue;
    for (const output of node.outputs) if (output) dependent.add(output);
  }
  return dependent;
}

const refusal = (node: Node, detail: string): EngineError =>
  new EngineError('train/no-rule', {
    where: node.name || node.outputs[0]?.name || node.opType,
    detail: `${node.opType}: ${detail}`,
    hint: 'Train only the weights behind this node, or replace the operator',
  });

function inputGradientsOf(
  edit: ModelEdit,
  node: Node,
  outputGradients: readonly (Value | undefined)[],
  dependent: ReadonlySet<Value>,
  options: DifferentiateOptions,
): readonly (Value | undefined)[] {
  const refuse = (detail: string): never => {
    throw refusal(node, detail);
  };
  const rule = ruleOf(node.domain, node.opType) ?? refuse('no gradient is known');
  const [y] = node.outputs;
  const dy = outputGradients[0] ?? (rule.parts && y ? zerosLike(edit, y) : undefined);
  const secondary = outputGradients.slice(1).some((gradient) => gradient !== undefined);
  if (dy === undefined || y === undefined || (secondary && rule.parts !== true))
    return refuse('the gradient of a secondary output');
  const context: GradientContext = {
    edit,
    node,
    outputGradients,
    dy,
    y,
    input: (index) => node.inputs[index] ?? refuse(`input ${index} is left out`),
    needs: (index) => {
      const input = node.inputs[index];
      return input !== undefined && dependent.has(input);
    },
    dims: options.dims,
    saved: (name) => options.saved(node, name),
    refuse,
  };
  return rule.gradient(context);
}
