import type { Task } from '../../../core/index.ts';
import type { Model } from '../../../graph/index.ts';
import type { Feeds, ShapeMap } from '../../../runtime/index.ts';
import type { LearningData } from '../../../train/index.ts';
import { channelStatistics } from './channel-statistics.ts';
import type { Classroom } from './learning-set.ts';
import { settleNorms } from './settle-norms.ts';
import { normSites, withNorms, type NormedStudent } from './norms-for-training.ts';

/** Both prepared for training. */
interface Pair {
  readonly student: Model;
  readonly teacher: Model;
  readonly fresh: boolean;
}

/** Samples that statistics of channels are taken from. */
const statisticsSamples = 256;

interface Facts {
  /** Of the student. */
  readonly shapes: ShapeMap;
  /** Samples that memory bears at once. */
  readonly mostAtOnce: number;
}

/** Measures both and adds norms; undefined where there is no place for any. */
export async function addNorms(
  { student, teacher, fresh }: Pair,
  { shapes, mostAtOnce }: Facts,
  { data, runtime }: Classroom,
  task: Task,
): Promise<NormedStudent | undefined> {
  const sites = normSites(student, shapes);
  if (sites.length === 0) return undefined;
  const names = new Set(sites.map(({ output }) => output));
  const valuesIn = ({ graph }: Model) =>
    graph.nodes.flatMap(({ opType, outputs: [value] }) =>
      opType === 'Conv' && value !== undefined && names.has(value.name) ? [value] : [],
    );
  const statisticsOf = (model: Model) =>
    channelStatistics(model, valuesIn(model), firstBatches(data, mostAtOnce), runtime, task);
  const normed = withNorms(student, sites, {
    teacher,
    fresh,
    ownStatistics: await statisticsOf(student),
    teacherStatistics: await statisticsOf(teacher),
  });
  const batches = firstBatches(data, mostAtOnce);
  return { ...normed, model: await settleNorms(normed.model, batches, runtime, task) };
}

async function* firstBatches(data: LearningData, most: number): AsyncGenerator<Feeds> {
  const count = Math.min(statisticsSamples, data.count);
  const size = Math.min(64, most);
  for (let from = 0; from < count; from += size) {
    const length = Math.min(size, count - from);
    yield (await data.batch(Array.from({ length }, (_, i) => from + i))).inputs;
  }
}
