import { EngineError } from '../../../core/index.ts';
import { isOp, requiredInputs, type Model } from '../../../graph/index.ts';
import { foldBatchNorm } from '../../../passes/index.ts';
import { measureShapes, type ShapeMap } from '../../../runtime/index.ts';
import {
  learn,
  prepareForTraining,
  trainableWeights,
  type Batch,
  type LearningData,
  type LearnRequest,
  type TrainingRun,
} from '../../../train/index.ts';
import { elementCount, toFloat32 } from '../../../tensor/index.ts';
import type { ApplyContext } from '../../method.ts';
import type { LearningOptions } from '../learning-options.ts';
import { addNorms } from './add-norms.ts';
import { carryWeights, lostWeights } from './carry-weights.ts';
import { withFreeBatch } from './free-batch.ts';
import { outputOfLabels, withoutLabels } from './hard-labels.ts';
import { hintPlaces } from './hint-places.ts';
import type { Classroom } from './learning-set.ts';
import { settingsOf, type LearningStart } from './settings-of.ts';
import { withNormMomentum } from './norm-momentum.ts';
import { withFloatWeights } from './stored-weights.ts';
import { pairOutputs, type TaughtPair } from './taught-outputs.ts';
import { labelObjective, teachingObjective, type HintPlace } from './teaching-objective.ts';

/** One student, one teacher, one set of samples: what both techniques that train ask for. */
export interface LessonPlan {
  readonly where: string;
  /** The model as it will be written: trained weights find their places in it by name. */
  readonly float: Model;
  /** What is trained: `float` itself, or its rehearsal. */
  readonly student: Model;
  readonly teacher: Model;
  readonly options: LearningOptions;
  readonly start: LearningStart;
  readonly learns: (name: string, dims: readonly number[]) => boolean;
  /** Zeros in kernels and matrices stay zero. */
  readonly keepsZeros: boolean;
  /** Values inside are matched as well, first of all those named; undefined: none. */
  readonly hints: { readonly preferred: readonly string[] } | undefined;
  /** For weights that were cut or are new: convolutions without norms get some while they learn, and norms of a small set forget quickly. */
  readonly norms: boolean;
  /** The student is no relative of the teacher: whether its outputs have the same sizes is measured first. */
  readonly mayDiffer: boolean;
}

/** Ready to learn; the same lesson may be learnt twice, with and without its teacher. */
export interface Lesson {
  /** Whether hard labels can be learnt from. */
  readonly labelled: boolean;
  /** `float` with what was learnt. */
  learn(run: TrainingRun): Promise<Model>;
}

/** Prepares both models, finds out what is taught, and checks that nothing that learns will be lost. */
export async function prepareLesson(
  plan: LessonPlan,
  classroom: Classroom,
  { rng, task }: ApplyContext,
): Promise<Lesson> {
  const { runtime, data, learning } = classroom;
  const own = namesThatLearn(plan);
  const { student: plain, teacher, fixedBatch } = await freed(plan, classroom, task);
  const probe = await probeBatch(data, fixedBatch);
  const shapes = await measureShapes(teacher, runtime, probe.inputs, task);
  const ownShapes = await measureShapes(plain, runtime, probe.inputs, task);
  if (plan.mayDiffer) checkOutputs(plan.where, plain, teacher, shapes, ownShapes);
  const mostAtOnce = samplesAtOnce(ownShapes, probe);
  const normed =
    plan.norms && fixedBatch === undefined
      ? await addNorms(
          { student: plain, teacher, fresh: plan.start === 'fresh' },
          { shapes: ownShapes, mostAtOnce },
          classroom,
          task,
        )
      : undefined;
  const whole = normed?.model ?? plain;
  const learner = plan.norms ? withNormMomentum(whole, data.count) : whole;
  const pair = pairOutputs(learner, teacher, shapes, plan.options.outputs);
  if (pair.outputs.length === 0) throw nothingToTeach(plan.where);
  const hints = plan.hints ? hintsOf(pair, plan.hints.preferred, ownShapes, shapes) : [];
  const labelled =
    plan.options.labels === 'none'
      ? undefined
      : outputOfLabels(pair.outputs, data.labels, probe.labels.dims.length === 2);
  const request = {
    student: pair.student,
    trainable: new Set([...own, ...(normed?.learning ?? [])]),
    masked: plan.keepsZeros ? sparseWeights(plan.float, own) : undefined,
    data: labelled === undefined ? withoutLabels(data) : data,
    settings: settingsOf({
      options: plan.options,
      start: plan.start,
      normed: pair.student.graph.nodes.some((node) => isOp(node, 'BatchNormalization')),
      image: data.image,
      fixedBatch,
      mostAtOnce,
      mixes: labelled === undefined && isNumbers(probe),
      count: data.count,
      rng: rng.fork('learning'),
    }),
  };
  const assignments: Record<TrainingRun, () => Pick<LearnRequest, 'teacher' | 'objective'>> = {
    student: () => ({
      teacher: pair.teacher,
      objective: teachingObjective(pair.outputs, hints, plan.options, labelled),
    }),
    control: () => {
      if (labelled === undefined) throw new Error('a control without labels has nothing to learn');
      return { teacher: undefined, objective: labelObjective(labelled) };
    },
  };
  return {
    labelled: labelled !== undefined,
    async learn(run) {
      const { model } = await learn(
        { ...request, run, key: `${learning.key}/${run}`, ...assignments[run]() },
        { runtime, task, host: learning.host },
      );
      return carryWeights(normed === undefined ? model : foldBatchNorm(model), plan.float);
    },
  };
}

interface Prepared {
  readonly student: Model;
  readonly teacher: Model;
  /** Samples per run that both take; undefined: any. */
  readonly fixedBatch: number | undefined;
}

/** Both prepared for training, with an open batch where the file fixes one and works with any. */
async function freed(
  plan: LessonPlan,
  { data, runtime }: Classroom,
  task: ApplyContext['task'],
): Promise<Prepared> {
  const student = prepareForTraining(withFloatWeights(plan.student), { quantizedWeights: 'keep' });
  const teacher = prepareForTraining(plan.teacher);
  const fixedBatch = fixedBatchOf(plan.float);
  if (fixedBatch === undefined || plan.mayDiffer) return { student, teacher, fixedBatch };
  const open = (model: Model): Promise<Model | undefined> =>
    withFreeBatch(model, fixedBatch, data, runtime, task);
  const freeStudent = await open(student);
  const freeTeacher = freeStudent && (await open(teacher));
  return freeStudent === undefined || freeTeacher === undefined
    ? { student, teacher, fixedBatch }
    : { student: freeStudent, teacher: freeTeacher, fixedBatch: undefined };
}

const nothingToTeach = (where: string): EngineError =>
  new EngineError('method/refused', {
    where,
    detail: 'no output of the model is a batch of floats that could be taught',
  });

function checkOutputs(
  where: string,
  student: Model,
  teacher: Model,
  shapes: ShapeMap,
  own: ShapeMap,
): void {
  const text = (dims: readonly number[] | undefined): string => `[${dims?.join(', ') ?? '?'}]`;
  teacher.graph.outputs.forEach((value, i) => {
    const output = student.graph.outputs[i];
    const [wanted, given] = [text(shapes.get(value)), text(output && own.get(output))];
    if (wanted !== given)
      throw new EngineError('method/refused', {
        where,
        detail: `the student's output "${value.name}" is ${given}, and the teacher's is ${wanted}`,
        hint: 'Take a student that gives what the teacher gives',
      });
  });
}

function namesThatLearn({ where, float, learns }: LessonPlan): ReadonlySet<string> {
  const names = trainableWeights(
    prepareForTraining(withFloatWeights(float), { quantizedWeights: 'keep' }),
  ).flatMap(({ name, constant }) => (learns(name, constant?.dims ?? []) ? [name] : []));
  if (names.length === 0)
    throw new EngineError('method/refused', {
      where,
      detail: 'the model has no float weight that could learn',
      hint: 'Start from the float model, and put this step before or right after the quantization',
    });
  const [lost] = lostWeights(names, float);
  if (lost !== undefined)
    throw new EngineError('method/refused', {
      where: lost,
      detail: 'this weight is stored in a form that trained numbers cannot be written back to',
      hint: 'Export the model with plain float weights',
    });
  return new Set(names);
}

/** Kernels and matrices that have zeros: what pruning left. */
function sparseWeights(float: Model, names: ReadonlySet<string>): ReadonlySet<string> {
  const sparse = withFloatWeights(float).graph.constants.filter(
    ({ name, constant }) =>
      constant !== undefined &&
      names.has(name) &&
      constant.dims.length >= 2 &&
      elementCount(constant.dims) > 0 &&
      toFloat32(constant).includes(0),
  );
  return new Set(sparse.map(({ name }) => name));
}

/** Samples per run that the model's input fixes; undefined: any. */
function fixedBatchOf(model: Model): number | undefined {
  const [input] = requiredInputs(model);
  const first = input?.type?.kind === 'tensor' ? input.type.dims?.[0] : undefined;
  return typeof first === 'number' && first > 0 ? first : undefined;
}

/** Bytes of values inside that a run may hold. */
const heldBytes = 2 ** 30;

/** A step holds what the student computes until its gradient has passed; the teacher, which runs by itself, lets go. */
function samplesAtOnce(own: ShapeMap, { labels }: Batch): number {
  const elements = [...own]
    .filter(([{ producer }]) => producer !== undefined)
    .reduce((sum, [, dims]) => sum + elementCount(dims), 0);
  const perSample = (4 * elements) / Math.max(1, labels.dims[0] ?? 1);
  return Math.max(1, Math.floor(heldBytes / Math.max(1, perSample)));
}

/** Some input takes a row of floats per sample. */
const isNumbers = ({ inputs, labels }: Batch): boolean =>
  Object.values(inputs).some(
    ({ dtype, dims }) => dtype === 'float32' && dims[0] === labels.dims[0],
  );

/** Two samples, so that what depends on the batch is seen, or as many as the model takes. */
const probeBatch = (data: LearningData, fixed: number | undefined): Promise<Batch> =>
  data.batch(Array.from({ length: fixed ?? 2 }, (_, i) => i % data.count));

/** Places that are still there when only what is taught is computed; shapes by name, as they were measured before. */
function hintsOf(
  { student, teacher }: TaughtPair,
  preferred: readonly string[],
  own: ShapeMap,
  shapes: ShapeMap,
): HintPlace[] {
  return hintPlaces(student, byName(student, own), teacher, byName(teacher, shapes), preferred);
}

function byName(model: Model, shapes: ShapeMap): ShapeMap {
  const dims = new Map([...shapes].map(([{ name }, shape]) => [name, shape]));
  return new Map(
    model.graph.nodes.flatMap((node) =>
      node.outputs.flatMap((value) => {
        const found = value && dims.get(value.name);
        return found ? [[value, found] as const] : [];
      }),
    ),
  );
}
