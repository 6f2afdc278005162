import {
  coldStart,
  isCorrect,
  observe,
  type PredictionSet,
  type RawSample,
  type Task,
} from '../../engine/index.ts';
import { buildVariant, feedsFor, originalRecipe, variantById } from '../build-variant.ts';
import { comparedWindows } from '../compared-windows.ts';
import { conditionsOf } from '../conditions.ts';
import type { ClassScore, PredictionRow, PredictionsReply } from '../protocol.ts';
import type { Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import type { StoredVariant } from '../variants.ts';
import type { OpenDataset, Workspace } from '../workspace.ts';

/** Real predictions of original and variant on the measuring samples, disagreements first. */
export const predictions: Handler<'predictions'> = ({ variant: id, offset, count }, context) =>
  context.workspace.jobs.run(context.id, 'user', async (signal) => {
    const { workspace } = context;
    const task = workerTask(signal, context.progress);
    const original = await buildVariant(workspace, originalRecipe, task);
    const variant = await variantById(workspace, id, task);
    const before = await predictedBy(workspace, original, task);
    const after = variant === original ? before : await predictedBy(workspace, variant, task);
    const { data } = workspace;
    if (data === undefined || before === undefined || after === undefined) return nothing;
    const windows = await comparedWindows(data, before, after, offset, count);
    if (windows !== undefined || before.classes === 0) return windows ?? nothing;
    const order = rowOrder(before, after);
    const rows: PredictionRow[] = [];
    for (const row of order.rows.slice(offset, offset + count))
      rows.push(await rowOf(data, before, after, row));
    return {
      rows,
      total: order.rows.length,
      disagreements: order.disagreements,
      perClass: perClass(before, after),
    };
  });

const nothing: PredictionsReply = { rows: [], total: 0, disagreements: 0, perClass: [] };

export async function predictedBy(
  workspace: Workspace,
  variant: StoredVariant,
  task: Task,
): Promise<PredictionSet | undefined> {
  const { data, settings } = workspace;
  if (data === undefined) return undefined;
  const conditions = conditionsOf(workspace);
  const kept = variant.observed.get(conditions);
  if (kept !== undefined) return kept.predictions;
  const arm = await coldStart(
    workspace.runtime(),
    variant.file,
    await feedsFor(workspace, variant.model),
    variant.sessionOptions,
  );
  try {
    const { model } = variant;
    const { source } = data;
    const request = {
      model,
      session: arm.session,
      data,
      source,
      samples: settings.samples,
      dims: settings.dims,
      task,
    };
    const observation = await observe(request);
    variant.observed.set(conditions, observation);
    return observation.predictions;
  } finally {
    await arm.session.release().catch(() => undefined);
  }
}

/** Disagreements about the leading class first; among them those that lost a right answer, then those that gained one. */
function rowOrder(
  before: PredictionSet,
  after: PredictionSet,
): { rows: number[]; disagreements: number } {
  const rank = (row: number): number => {
    if (before.topClasses[row * before.kept] === after.topClasses[row * after.kept]) return 3;
    if (isCorrect(before, row)) return 0;
    return isCorrect(after, row) ? 1 : 2;
  };
  const ranks = Uint8Array.from(before.indices, (_, row) => rank(row));
  const rows = Array.from(before.indices.keys()).toSorted(
    (a, b) => (ranks[a] as number) - (ranks[b] as number) || a - b,
  );
  return { rows, disagreements: ranks.reduce((sum, value) => sum + (value < 3 ? 1 : 0), 0) };
}

async function rowOf(
  data: OpenDataset,
  before: PredictionSet,
  after: PredictionSet,
  row: number,
): Promise<PredictionRow> {
  const index = before.indices[row] as number;
  const sample = await data.dataset.sample(index);
  return {
    index,
    image: pictureOf(sample),
    ...(sample.kind === 'tokens' ? { text: sample.text.slice(0, shownCharacters) } : {}),
    label: before.labels?.[row],
    before: scoresOf(before, row),
    after: scoresOf(after, row),
  };
}

const shownCharacters = 200;

const scoresOf = (set: PredictionSet, row: number): ClassScore[] =>
  Array.from({ length: Math.min(3, set.kept) }, (_, i) => ({
    index: set.topClasses[row * set.kept + i] as number,
    score: set.topScores[row * set.kept + i] as number,
  }));

function perClass(before: PredictionSet, after: PredictionSet): PredictionsReply['perClass'] {
  const { labels } = before;
  if (labels === undefined) return [];
  const classes = new Map<
    number,
    { index: number; samples: number; before: number; after: number }
  >();
  labels.forEach((index, row) => {
    const entry = classes.get(index) ?? { index, samples: 0, before: 0, after: 0 };
    entry.samples++;
    if (isCorrect(before, row)) entry.before++;
    if (isCorrect(after, row)) entry.after++;
    classes.set(index, entry);
  });
  return [...classes.values()].toSorted((a, b) => a.index - b.index);
}

/** The sample as it lies in the data, not as the model sees it; large ones are thinned out for the screen. */
const largestSide = 256;

export function pictureOf(sample: RawSample): PredictionRow['image'] {
  if (sample.kind !== 'pixels') return undefined;
  const step = Math.max(1, Math.ceil(Math.max(sample.width, sample.height) / largestSide));
  const width = Math.floor(sample.width / step);
  const height = Math.floor(sample.height / step);
  const rgba = new Uint8ClampedArray(width * height * 4);
  const { channels, data } = sample;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * step * sample.width + x * step) * channels;
      const to = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) rgba[to + c] = data[from + (channels === 1 ? 0 : c)] as number;
      rgba[to + 3] = channels === 4 ? (data[from + 3] as number) : 255;
    }
  return { width, height, rgba };
}
