import { isOp, type Model, type Node, type Value } from '../graph/index.ts';
import { elementCount } from '../tensor/index.ts';
import { stopsGradient } from './gradients/stopped.ts';
import { ruleOf } from './gradients/table.ts';
import { trainingObstacles, type TrainingObstacle } from './obstacle.ts';
import { trainableWeights } from './trainable-weights.ts';

/** Which of a model's weights gradients reach, from all of its outputs. For a model that is prepared for training. */
export interface TrainableShare {
  /** They learn, and how many elements they have. */
  readonly trained: readonly Value[];
  readonly trainedElements: number;
  /** Weights cut off from the outputs by an obstacle, or by outputs that are no floating-point numbers. */
  readonly blocked: readonly Value[];
  /** Running statistics of BatchNormalization: they follow the data, not a gradient. */
  readonly statistics: readonly Value[];
  /** Float constants of more than one element that are no weights: masks, anchors, tables of sines, scales. */
  readonly fixed: readonly Value[];
  /** Elements of trained and blocked weights: what the share is of. */
  readonly totalElements: number;
  /** What blocks; nearest to the outputs first. */
  readonly obstacles: readonly TrainingObstacle[];
}

export function trainableShare(model: Model): TrainableShare {
  const { nodes, constants, outputs } = model.graph;
  const weights = trainableWeights(model);
  const seeds = outputs.filter(carriesGradient);
  const obstacles = trainingObstacles(nodes, weights, seeds);
  const flow = gradientFlow(nodes, seeds);
  const blocked = weights.filter(
    (weight) => !flow.has(weight) || trainingObstacles(nodes, [weight], seeds).length > 0,
  );
  const known = new Set(weights);
  const others = constants.filter(
    (value) => value.constant?.dtype === 'float32' && elementsOf(value) > 1 && !known.has(value),
  );
  const statistics = others.filter((value) => value.uses.some(isStatistics));
  const trained = weights.filter((weight) => !blocked.includes(weight));
  return {
    trained,
    trainedElements: sum(trained),
    blocked,
    statistics,
    fixed: others.filter((value) => !statistics.includes(value)),
    totalElements: sum(weights),
    obstacles,
  };
}

/** Everything that a gradient comes to from `seeds`. */
function gradientFlow(nodes: readonly Node[], seeds: readonly Value[]): Set<Value> {
  const flow = new Set<Value>(seeds);
  for (const node of nodes.toReversed()) {
    if (stopsGradient(node) || ruleOf(node.domain, node.opType) === undefined) continue;
    if (!node.outputs.some((output) => output !== undefined && flow.has(output))) continue;
    for (const input of node.inputs) if (input !== undefined) flow.add(input);
  }
  return flow;
}

/** True for an output a loss can be put on: floating-point numbers, or of a type the file does not say. */
export const carriesGradient = ({ type }: Value): boolean =>
  type?.kind !== 'tensor' || type.dtype === undefined || type.dtype === 'float32';

const isStatistics = ({ node, index }: Value['uses'][number]): boolean =>
  isOp(node, 'BatchNormalization') && (index === 3 || index === 4);

const elementsOf = (value: Value): number => elementCount(value.constant?.dims ?? []);
const sum = (values: readonly Value[]): number =>
  values.reduce((total, value) => total + elementsOf(value), 0);
