import { EngineError } from '../../../core/index.ts';
import { isOp, requiredInputs, type Model } from '../../../graph/index.ts';
import { foldBatchNorm } from '../../../passes/index.ts';
import { measureShapes, type Feeds, type ShapeMap } from '../../../runtime/index.ts';
import {
  learn,
  prepareForTraining,
  trainableWeights,
  type LearningData,
  type LearnRequest,
  type TrainingRun,
} from '../../../train/index.ts';
import { elementCount, toFloat32 } from '../../../tensor/index.ts';
import type { ApplyContext } from '../../method.ts';
import type { LearningOptions } from '../learning-options.ts';
import { carryWeights, lostWeights } from './carry-weights.ts';
import { channelStatistics } from './channel-statistics.ts';
import { hintPlaces } from './hint-places.ts';
import type { Classroom } from './learning-set.ts';
import { normSites, withNorms } from './norms-for-training.ts';
import { settingsOf, type LearningStart } from './settings-of.ts';
import { pairOutputs, type TaughtOutput, type TaughtPair } from './taught-outputs.ts';
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
  /** Convolutions without norms get some while they learn: for weights that were cut or are new. */
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
  context: ApplyContext,
): Promise<Lesson> {
  const { runtime, data } = classroom;
  const plain = prepareForTraining(plan.student, { quantizedWeights: 'keep' });
  const teacher = prepareForTraining(plan.teacher);
  const own = namesThatLearn(plan);
  const fixedBatch = fixedBatchOf(plan.float);
  const probe = await probeBatch(data, fixedBatch);
  const shapes = await measureShapes(teacher, runtime, probe, context.task);
  const ownShapes = () => measureShapes(plain, runtime, probe, context.task);
  const normed =
    plan.norms && fixedBatch === undefined
      ? await addNorms(
          { plain, teacher, fresh: plan.start === 'fresh' },
          classroom,
          context,
          ownShapes,
        )
      : undefined;
  const student = normed?.model ?? plain;
  const trainable = new Set([...own, ...(normed?.learning ?? [])]);
  const pair = pairOutputs(student, teacher, shapes, plan.options.outputs);
  if (pair.outputs.length === 0)
    throw new EngineError('method/refused', {
      where: plan.where,
      detail: 'no output of the model is a batch of floats that could be taught',
    });
  if (plan.mayDiffer) checkOutputs(plan.where, plain, teacher, shapes, await ownShapes());
  const hints =
    plan.hints === undefined
      ? []
      : await hintsOf(pair, plan.hints.preferred, teacher, shapes, ownShapes);
  const labelled =
    plan.options.labels === 'none' ? undefined : outputOfLabels(pair.outputs, data.labels);
  const request = {
    student: pair.student,
    trainable,
    masked: plan.keepsZeros ? sparseWeights(plan.float, own) : undefined,
    data: labelled === undefined ? withoutLabels(data) : data,
    settings: settingsOf({
      options: plan.options,
      start: plan.start,
      normed: student.graph.nodes.some((node) => isOp(node, 'BatchNormalization')),
      image: data.image,
      fixedBatch,
      count: data.count,
      rng: context.rng.fork('learning'),
    }),
  };
  const surroundings = { runtime, task: context.task, host: classroom.learning.host };
  return {
    labelled: labelled !== undefined,
    async learn(run) {
      const { model } = await learn(
        { ...request, run, key: `${classroom.learning.key}/${run}`, ...assignment(run) },
        surroundings,
      );
      return carryWeights(normed === undefined ? model : foldBatchNorm(model), plan.float);
    },
  };

  function assignment(run: TrainingRun): Pick<LearnRequest, 'teacher' | 'objective'> {
    if (run === 'student')
      return {
        teacher: pair.teacher,
        objective: teachingObjective(pair.outputs, hints, plan.options, labelled),
      };
    if (labelled === undefined) throw new Error('a control without labels has nothing to learn');
    return { teacher: undefined, objective: labelObjective(labelled) };
  }
}

/** Samples that statistics of channels are taken from. */
const statisticsSamples = 256;

async function addNorms(
  { plain, teacher, fresh }: { plain: Model; teacher: Model; fresh: boolean },
  { data, runtime }: Classroom,
  { task }: ApplyContext,
  ownShapes: () => Promise<ShapeMap>,
): Promise<{ readonly model: Model; readonly learning: readonly string[] } | undefined> {
  const sites = normSites(plain, await ownShapes());
  if (sites.length === 0) return undefined;
  const names = new Set(sites.map(({ output }) => output));
  const valuesIn = ({ graph }: Model) =>
    graph.nodes.flatMap(({ opType, outputs: [value] }) =>
      opType === 'Conv' && value !== undefined && names.has(value.name) ? [value] : [],
    );
  const statisticsOf = (model: Model) =>
    channelStatistics(model, valuesIn(model), firstBatches(data), runtime, task);
  return withNorms(plain, sites, {
    teacher,
    fresh,
    ownStatistics: await statisticsOf(plain),
    teacherStatistics: await statisticsOf(teacher),
  });
}

async function* firstBatches(data: LearningData): AsyncGenerator<Feeds> {
  const count = Math.min(statisticsSamples, data.count);
  const size = 64;
  for (let from = 0; from < count; from += size) {
    const length = Math.min(size, count - from);
    yield (await data.batch(Array.from({ length }, (_, i) => from + i))).inputs;
  }
}

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
  const names = trainableWeights(prepareForTraining(float, { quantizedWeights: 'keep' })).flatMap(
    ({ name, constant }) => (learns(name, constant?.dims ?? []) ? [name] : []),
  );
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
  const sparse = float.graph.constants.filter(
    ({ name, constant }) =>
      constant !== undefined &&
      names.has(name) &&
      constant.dims.length >= 2 &&
      elementCount(constant.dims) > 0 &&
      toFloat32(constant).includes(0),
  );
  return new Set(sparse.map(({ name }) => name));
}

/** The one output that hard labels can be compared with: one row of scores a sample, and a class for every label. */
function outputOfLabels(
  outputs: readonly TaughtOutput[],
  labels: Int32Array | undefined,
): TaughtOutput | undefined {
  if (labels === undefined || labels.length === 0) return undefined;
  const candidates = outputs.filter(({ kind, perSample }) => kind === 'classes' && perSample);
  const [only] = candidates;
  if (only === undefined || candidates.length > 1) return undefined;
  return labels.every((label) => label >= 0 && label < only.width) ? only : undefined;
}

const withoutLabels = (data: LearningData): LearningData => ({ ...data, labels: undefined });

/** Samples per run that the model's input fixes; undefined: any. */
function fixedBatchOf(model: Model): number | undefined {
  const [input] = requiredInputs(model);
  const first = input?.type?.kind === 'tensor' ? input.type.dims?.[0] : undefined;
  return typeof first === 'number' && first > 0 ? first : undefined;
}

/** Two samples, so that what depends on the batch is seen, or as many as the model takes. */
async function probeBatch(data: LearningData, fixed: number | undefined) {
  const indices = Array.from({ length: fixed ?? 2 }, (_, i) => i % data.count);
  return (await data.batch(indices)).inputs;
}

async function hintsOf(
  pair: TaughtPair,
  preferred: readonly string[],
  teacher: Model,
  shapes: ShapeMap,
  measure: () => Promise<ShapeMap>,
): Promise<HintPlace[]> {
  const own = byName(pair.student, await measure());
  const places = hintPlaces(pair.student, own, teacher, shapes, preferred);
  const kept = new Set(
    pair.teacher.graph.nodes.flatMap((node) => node.outputs.map((v) => v?.name)),
  );
  return places.filter((place) => kept.has(place.teacher));
}

/** Shapes measured on the model before its outputs were set, for the values of the same names. */
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
