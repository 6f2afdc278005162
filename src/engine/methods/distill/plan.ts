import { attempt, ok, type Result } from '../../core/index.ts';
import { isOp, type Model } from '../../graph/index.ts';
import { prepareForTraining, trainableWeights, trainingObstacles } from '../../train/index.ts';
import type { PlanContext, Planned } from '../method.ts';
import { predictSizeChange } from '../shared/predict-size.ts';
import { nodeLabel, refuse } from '../shared/refuse.ts';
import type { DistillOptions } from './options.ts';
import { planOwnStudent, type OwnStudentPlan } from './own-student.ts';
import { planStudent, type StudentPlan } from './student/index.ts';

/** The student is decided before anything is trained, so its parameters, bytes and MACs are exact; what it will know is not. */
export type DistillPlan =
  | { readonly kind: 'from-teacher'; readonly student: StudentPlan }
  | OwnStudentPlan;

export function plan(
  model: Model,
  { student: size, studentModel }: DistillOptions,
  context: PlanContext,
): Result<Planned<DistillPlan>> {
  if (studentModel !== undefined) return planOwnStudent(model, studentModel, context);
  const { shapes, statistics } = context;
  if (shapes === undefined)
    return refuse(
      'distill',
      'the shapes inside the model are not known',
      'Put this step before those that make them unknown',
    );
  const obstacle = obstacleTo(model);
  if (obstacle !== undefined) return obstacle;
  const planned = planStudent(model, shapes, size, statistics);
  if (!planned.ok) return planned;
  const { value: student } = planned;
  const { params, macs } = student.figures;
  return ok({
    plan: { kind: 'from-teacher', student },
    predicted: { params, macs, weightBytes: predictSizeChange(model, student.preview) },
    summary: student.summary,
    preview: () => student.preview,
    previewShapes: () => student.shapes,
    skipped: student.skipped,
  });
}

const obstacles = new WeakMap<Model, { readonly refusal: Result<never> | undefined }>();

/** An operator that no gradient passes: said before anything is trained. Kept per model, for plans ask with every move of a slider. */
function obstacleTo(model: Model): Result<never> | undefined {
  const known = obstacles.get(model);
  if (known !== undefined) return known.refusal;
  const refusal = findObstacle(model);
  obstacles.set(model, { refusal });
  return refusal;
}

function findObstacle(model: Model): Result<never> | undefined {
  const prepared = attempt(() => prepareForTraining(model));
  if (!prepared.ok) return prepared;
  if (isRounded(model))
    return refuse(
      'distill',
      'the model is quantized already, and a student is cut from float weights',
      'Start from the float model, and put the quantization behind this step',
    );
  const { nodes, outputs } = prepared.value.graph;
  const weights = trainableWeights(prepared.value);
  if (weights.length === 0)
    return refuse('distill', 'the model has no float weight that could learn');
  const [nearest] = trainingObstacles(nodes, weights, outputs);
  return nearest && refuse(nodeLabel(nearest.node), nearest.detail);
}

/** Weights in codes, and activations rounded: their scales hang together. Weights that are merely stored as integers may learn. */
const isRounded = ({ graph: { nodes } }: Model): boolean =>
  nodes.some(({ opType }) => opType === 'QuantizeLinear') &&
  nodes.some((node) => isOp(node, 'DequantizeLinear') && node.inputs[0]?.constant !== undefined);
