import { EngineError, quietTask, type Task } from '../core/index.ts';
import type { Dataset, RawSample } from './dataset.ts';
import type { TextTokenizer } from './tokenizer.ts';
import type { TokenPlan } from './token-plan.ts';

/** More tokens of a text than this are not read: what is measured and trained on here is far less. */
export const maxTokens = 4_000_000;

/**
 * A text Dataset as one of token samples. For a language model the texts are joined to one stream of tokens, which is cut into windows of
 * `length` tokens and the one behind them (which is only asked for): each token of the stream but the first is predicted once. The
 * source's own test part keeps apart from the rest. Otherwise each text stays one sample and is cut up when it is asked for.
 */
export async function tokenDataset(
  dataset: Dataset,
  plan: TokenPlan,
  task: Task = quietTask,
): Promise<Dataset> {
  return plan.task === 'language-model'
    ? windows(dataset, plan, task)
    : {
        ...dataset,
        sample: async (index) => {
          const text = textOf(await dataset.sample(index), dataset.name);
          const ids = plan.tokenizer.encodeSample(text, plan.length);
          return { kind: 'tokens', ids: Int32Array.from(ids), text };
        },
      };
}

async function windows(dataset: Dataset, plan: TokenPlan, task: Task): Promise<Dataset> {
  const { tokenizer, length } = plan;
  const border = dataset.testFrom ?? dataset.count;
  const counter = { read: 0 };
  const train = await tokensBetween(dataset, 0, border, tokenizer, counter, task);
  const test = await tokensBetween(dataset, border, dataset.count, tokenizer, counter, task);
  const trainCount = windowCount(train.length, length);
  const count = trainCount + windowCount(test.length, length);
  if (count === 0)
    throw new EngineError('data/empty', { where: dataset.name, detail: 'no two tokens in it' });
  return {
    name: dataset.name,
    kind: 'text',
    count,
    classes: undefined,
    labels: undefined,
    sampleDims: undefined,
    ...(dataset.testFrom === undefined ? {} : { testFrom: trainCount }),
    sample: (index) => {
      if (!Number.isInteger(index) || index < 0 || index >= count)
        return Promise.reject(new RangeError(`${dataset.name} has no sample ${index}`));
      const [stream, at] = index < trainCount ? [train, index] : [test, index - trainCount];
      const ids = stream.slice(at * length, (at + 1) * length + 1);
      return Promise.resolve({ kind: 'tokens', ids, text: tokenizer.decode([...ids]) });
    },
  };
}

/** Windows that hold a token to predict. */
const windowCount = (tokens: number, length: number): number =>
  Math.ceil(Math.max(0, tokens - 1) / length);

async function tokensBetween(
  dataset: Dataset,
  from: number,
  to: number,
  tokenizer: TextTokenizer,
  counter: { read: number },
  task: Task,
): Promise<Int32Array> {
  const parts: number[][] = [];
  for (let i = from; i < to && counter.read < maxTokens; i++) {
    const ids = tokenizer.encode(textOf(await dataset.sample(i), dataset.name));
    parts.push(ids);
    counter.read += ids.length;
    task.report({ phase: 'loading-data', done: i + 1, total: dataset.count });
    await task.breathe();
  }
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function textOf(sample: RawSample, name: string): string {
  if (sample.kind === 'text') return sample.text;
  throw new EngineError('data/mismatch', { where: name, detail: `${sample.kind} is no text` });
}
