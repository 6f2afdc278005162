import type { PredictionSet } from '../engine/index.ts';
import type { PredictionRow, PredictionsReply } from './protocol.ts';
import type { OpenDataset } from './workspace.ts';

/**
 * Windows of text as a language model told them before and after, those that became hardest to tell first. undefined where the model is no
 * language model.
 */
export async function comparedWindows(
  { dataset }: Pick<OpenDataset, 'dataset'>,
  before: PredictionSet,
  after: PredictionSet,
  offset: number,
  count: number,
): Promise<PredictionsReply | undefined> {
  const was = windowLosses(before);
  const is = windowLosses(after);
  if (was === undefined || is === undefined) return undefined;
  const worse = (row: number): number => (is[row] ?? 0) - (was[row] ?? 0);
  const order = Array.from(was.keys()).toSorted((a, b) => worse(b) - worse(a) || a - b);
  const rows: PredictionRow[] = [];
  for (const row of order.slice(offset, offset + count)) {
    const index = before.indices[row] ?? 0;
    const sample = await dataset.sample(index);
    rows.push({
      index,
      image: undefined,
      ...(sample.kind === 'tokens' ? { text: sample.text.slice(0, shownCharacters) } : {}),
      label: undefined,
      before: [],
      after: [],
      perplexity: { before: Math.exp(was[row] ?? 0), after: Math.exp(is[row] ?? 0) },
    });
  }
  return {
    rows,
    total: order.length,
    disagreements: order.filter((row) => worse(row) > 0).length,
    perClass: [],
  };
}

const shownCharacters = 200;

/** Mean loss per token of each window, nats. */
function windowLosses({ tokenLoss }: PredictionSet): Float64Array | undefined {
  if (tokenLoss === undefined) return undefined;
  const { sums, counts } = tokenLoss;
  return sums.map((sum, i) => sum / Math.max(1, counts[i] ?? 0));
}
