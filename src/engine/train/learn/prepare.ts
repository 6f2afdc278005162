import { createRng, EngineError, type Rng } from '../../core/index.ts';
import type { Value } from '../../graph/index.ts';
import { measureShapes, type RuntimeTensor } from '../../runtime/index.ts';
import { float32Tensor } from '../../tensor/index.ts';
import type { LearnContext, LearnRequest } from '../learning.ts';
import { buildObjective, targetInput, type ObjectiveFacts } from '../losses/build-objective.ts';
import { type TrainingGraph, trainingGraph } from '../training-graph.ts';
import { fitFeeds, fixedBatch } from './fit-feeds.ts';
import { batchMaker, isAugmented, type MakeBatch } from './make-batches.ts';
import { chooseMetric, metricTargets, type Metric } from './metric.ts';
import { optimizerOf, paceOf, type Pace } from './settings.ts';
import { splitSamples, type SampleSplit } from './split-samples.ts';
import { openTeacher, type Teacher } from './teacher.ts';
import { teacherAnswers, type TeacherAnswers } from './teacher-answers.ts';
import { TeacherSpread } from './teacher-spread.ts';

/** Everything a training is made of, before its first step. */
export interface Prepared {
  readonly split: SampleSplit;
  readonly pace: Pace;
  readonly make: MakeBatch;
  readonly rng: Rng;
  readonly shapes: ReadonlyMap<Value, readonly number[]>;
  readonly graph: TrainingGraph;
  readonly facts: ObjectiveFacts;
  /** undefined: nothing is kept for validation. */
  readonly metric: Metric | undefined;
  readonly teacher: Teacher | undefined;
  /** Targets of the samples that train, and of those that validate. */
  readonly trainAnswers: TeacherAnswers | undefined;
  readonly validationAnswers: TeacherAnswers | undefined;
  /** Samples that validate in one run; a fixed batch leaves out what does not fill one. */
  readonly validationSamples: Uint32Array;
}

/** Bytes of teacher's answers that are kept, for training and validation each. */
const keptAnswerBytes = 256 * 2 ** 20;
/** How many views of a sample a teacher is asked about. */
const mostViews = 4;
/** Samples from which the scale of the teacher's outputs is taken. */
const factSamples = 64;

/**
 * Refuses before any work: `data/empty`, `data/labels-missing`, `data/mismatch`, `argument/invalid`, `graph/invalid`, and `train/no-rule` with
 * the operator in the way.
 */
export async function prepareLearning(
  request: LearnRequest,
  context: LearnContext,
): Promise<Prepared> {
  const { data, settings, student } = request;
  const rng = createRng(settings.seed);
  const split = splitSamples(data.count, data.labels, settings.validationShare, rng.fork('split'));
  const fixed = fixedBatch(student);
  const pace = paceOf(settings, split.train.length, fixed);
  const make = batchMaker({
    data,
    augmentation: settings.augmentation,
    partners: split.train,
    rng: rng.fork('views'),
  });
  const first = await make([...split.train.subarray(0, fixed ?? 2)], undefined);
  const labelledPositions = first.labels['labels']?.dims.length === 2;
  const feeds = fitFeeds(student, first.inputs);
  const shapes = await measureShapes(student, context.runtime, feeds, context.task);
  checkLabels(request, shapes, labelledPositions);
  const whole = Math.floor(split.validation.length / (fixed ?? 1)) * (fixed ?? 1);
  const validationSamples = split.validation.subarray(0, whole);
  const metric =
    validationSamples.length === 0
      ? undefined
      : chooseMetric(request.objective, {
          student,
          dims: (value) => shapes.get(value) ?? [],
          labels: data.labels,
          labelledPositions,
          hasTeacher: request.teacher !== undefined,
        });
  const taught = await openAnswers(request, context, {
    split,
    pace,
    make,
    metric,
    validationSamples,
  });
  try {
    const facts = { ...taught.facts, mixed: settings.augmentation.mixup > 0, labelledPositions };
    const graph = trainingGraph(student, graphOptions(request, shapes, facts, pace));
    return { split, pace, make, rng, shapes, graph, metric, validationSamples, ...taught, facts };
  } catch (error) {
    await taught.teacher?.release();
    throw error;
  }
}

function graphOptions(
  { student, objective, settings, trainable, masked }: LearnRequest,
  shapes: ReadonlyMap<Value, readonly number[]>,
  facts: ObjectiveFacts,
  pace: Pace,
): Parameters<typeof trainingGraph>[1] {
  const constants = student.graph.constants;
  return {
    shapes,
    loss: buildObjective(objective, facts),
    optimizer: optimizerOf(settings),
    batchNormalization: settings.batchNormalization,
    average: settings.averageDecay !== undefined,
    clipNorm: settings.clipNorm,
    accumulate: pace.accumulate > 1,
    masked: new Set(constants.filter(({ name }) => masked?.has(name) === true)),
    ...(trainable === undefined
      ? {}
      : { weights: constants.filter(({ name }) => trainable.has(name)) }),
  };
}

function checkLabels(
  { objective, data, student }: LearnRequest,
  shapes: ReadonlyMap<Value, readonly number[]>,
  labelledPositions: boolean,
): void {
  for (const term of objective.terms) {
    if (term.kind !== 'cross-entropy' || labelledPositions) continue;
    if (data.labels === undefined)
      throw new EngineError('data/labels-missing', {
        where: data.name,
        detail: 'has no labels, which cross-entropy learns from',
      });
    const output = student.graph.outputs.find((value) => value.name === term.output);
    if (output === undefined) continue; // buildObjective says so
    const [, classes = 0, ...inner] = shapes.get(output) ?? [];
    if (inner.some((size) => size > 1))
      throw new EngineError('data/mismatch', {
        where: term.output,
        detail: `has scores at every position; ${data.name} has one label per sample`,
      });
    const wrong = data.labels.find((label) => label < 0 || label >= classes);
    if (wrong !== undefined)
      throw new EngineError('data/mismatch', {
        where: data.name,
        detail: `has the label ${wrong}; ${term.output} tells ${classes} classes apart`,
      });
  }
}

type AnswerParts = Pick<Prepared, 'split' | 'pace' | 'make' | 'metric' | 'validationSamples'>;

type Answers = Pick<Prepared, 'teacher' | 'trainAnswers' | 'validationAnswers'> & {
  readonly facts: Pick<ObjectiveFacts, 'dims' | 'variance' | 'variances'>;
};

const noAnswers: Answers = {
  teacher: undefined,
  trainAnswers: undefined,
  validationAnswers: undefined,
  facts: { dims: () => [], variance: () => 1, variances: () => float32Tensor([], [1]) },
};

async function openAnswers(
  request: LearnRequest,
  { runtime }: LearnContext,
  parts: AnswerParts,
): Promise<Answers> {
  const { objective, student, settings } = request;
  const forLoss = [...new Set(objective.terms.flatMap((term) => targetInput(term) ?? []))];
  const forMetric = parts.metric === undefined ? [] : metricTargets(parts.metric, true);
  if (request.teacher === undefined) {
    if (forLoss.length === 0) return noAnswers;
    throw new EngineError('argument/invalid', {
      where: 'teacher',
      detail: 'there is none to learn from',
    });
  }
  const targets = [...new Set([...forLoss, ...forMetric])];
  const teacher = await openTeacher(request.teacher, { objective, targets, student }, runtime);
  try {
    const { answers, spreads } = await firstAnswers(teacher, parts);
    const augmented = isAugmented(settings.augmentation);
    const common = { teacher, make: parts.make, batchSize: parts.pace.batchSize };
    const sized = (inputs: readonly string[]) => ({
      inputs,
      budget: keptAnswerBytes,
      sampleBytes: inputs.reduce((sum, name) => sum + bytesPerSample(answers[name]), 0),
    });
    return {
      teacher,
      trainAnswers:
        forLoss.length === 0
          ? undefined
          : teacherAnswers({
              ...common,
              ...sized(forLoss),
              samples: parts.split.train,
              views: augmented ? Math.min(settings.epochs, mostViews) : 1,
            }),
      validationAnswers: teacherAnswers({
        ...common,
        ...sized(targets),
        samples: parts.validationSamples,
        views: 1,
      }),
      facts: {
        dims: (input) => answers[input]?.dims ?? [],
        variance: (input) => spreads.get(input)?.variance ?? 1,
        variances: (input) => (spreads.get(input) ?? new TeacherSpread()).columns(),
      },
    };
  } catch (error) {
    await teacher.release();
    throw error;
  }
}

const bytesPerSample = (tensor: RuntimeTensor | undefined): number =>
  tensor === undefined ? 0 : tensor.data.length / Math.max(1, tensor.dims[0] ?? 1);

interface FirstAnswers {
  /** To one batch. */
  readonly answers: Readonly<Record<string, RuntimeTensor>>;
  readonly spreads: ReadonlyMap<string, TeacherSpread>;
}

async function firstAnswers(
  teacher: Teacher,
  { split, pace, make }: AnswerParts,
): Promise<FirstAnswers> {
  const spreads = new Map(teacher.inputs.map((input) => [input, new TeacherSpread()]));
  const known = split.train.subarray(0, factSamples);
  let answers: Readonly<Record<string, RuntimeTensor>> = {};
  for (let from = 0; from < known.length; from += pace.batchSize) {
    const indices = [...known.subarray(from, from + pace.batchSize)];
    answers = await teacher.ask((await make(indices, undefined)).inputs);
    for (const [input, spread] of spreads) spread.add(answers[input] as RuntimeTensor);
  }
  return { answers, spreads };
}
