import { EngineError, quietTask, type Task } from '../core/index.ts';
import {
  batches,
  type Batch,
  type Dataset,
  type InputSpec,
  type Preprocess,
  type TokenPlan,
} from '../data/index.ts';
import { elementCount } from '../tensor/index.ts';
import type { RuntimeTensor, Session, ValueInfo } from '../runtime/index.ts';
import { probabilities, topClasses } from './class-scores.ts';
import { createOutputStore, type OutputSet } from './output-set.ts';
import { classCount, outputNumbers } from './outputs.ts';
import { windowLoss, type TokenLoss } from './perplexity.ts';

/** What a model said about samples: enough to count, to compare, and to show side by side. */
export interface PredictionSet {
  /** Samples of the dataset, in the order of the rows. */
  readonly indices: Uint32Array;
  /** The model's class index per row (label + classOffset); undefined without labels. */
  readonly labels: Int32Array | undefined;
  /** Classes told apart; 0 when the first output is not a row of class scores, and nothing is ranked then. */
  readonly classes: number;
  /** Classes kept per row: min(5, classes). */
  readonly kept: number;
  /** `[rows, kept]`, best first. */
  readonly topClasses: Int32Array;
  /** `[rows, kept]`: probability of each. */
  readonly topScores: Float32Array;
  /** Language models: what each window cost; undefined otherwise. */
  readonly tokenLoss?: TokenLoss;
  readonly outputs: OutputSet;
}

export interface PredictRequest {
  readonly session: Session;
  readonly dataset: Dataset;
  readonly indices: Uint32Array;
  readonly preprocess: Preprocess;
  /** For text: how it becomes the model's inputs. */
  readonly tokens?: TokenPlan | undefined;
  readonly task?: Task;
  /** For models whose batch is open. Default: 32, less where the input is large. */
  readonly batchSize?: number;
  /** Sizes of symbolic dimensions. */
  readonly dims?: Readonly<Record<string, number>>;
}

const keptClasses = 5;

/**
 * Runs the samples through the model, a batch at a time. Throws `data/mismatch` when the model takes several inputs or other
 * shapes than the data has; `data/empty` for no samples.
 */
export async function predict(request: PredictRequest): Promise<PredictionSet> {
  const { session, indices, task = quietTask } = request;
  const input = sampleInput(session, request);
  if (indices.length === 0)
    throw new EngineError('data/empty', {
      where: request.dataset.name,
      detail: 'no samples to predict',
    });
  const collector = createCollector(indices, request.dataset.labels !== undefined);
  for await (const batch of runBatches(request, input, task)) {
    collector.add(batch);
    task.report({ phase: 'predicting', done: collector.rows(), total: indices.length });
    await task.breathe();
  }
  return collector.finish();
}

/** The input that samples go into; of text, the one of the tokens. */
function sampleInput(session: Session, { tokens, dims = {} }: PredictRequest): ValueInfo {
  const { inputs } = session;
  const filled = tokens === undefined ? inputs.slice(0, 1) : tokenInputsOf(tokens);
  const input = filled[0];
  const unfilled = inputs.some(({ name }) => !filled.some((one) => one.name === name));
  if (input === undefined || unfilled || inputs.length > filled.length)
    throw new EngineError('data/mismatch', {
      where: 'model',
      detail: `takes ${session.inputs.length} inputs (${session.inputs.map(({ name }) => name).join(', ')}); this data fills ${filled.map(({ name }) => name).join(', ')}`,
    });
  const [batch, ...rest] = input.dims;
  const fixed = rest.map((dim) => (typeof dim === 'string' ? (dims[dim] ?? dim) : dim));
  return { ...input, dims: batch === undefined ? fixed : [batch, ...fixed] };
}

const tokenInputsOf = ({ inputs }: TokenPlan): InputSpec[] =>
  [inputs.ids, inputs.mask, inputs.types, inputs.positions].filter((input) => input !== undefined);

interface RanBatch {
  readonly batch: Batch;
  /** Rows in the tensors: more than `batch.count` when it was filled up. */
  readonly rows: number;
  readonly outputs: Record<string, RuntimeTensor>;
  readonly first: string;
}

/** A model that declares an open batch but was built for one sample fails at the first batch; it is then run one by one. */
async function* runBatches(
  request: PredictRequest,
  input: ValueInfo,
  task: Task,
): AsyncGenerator<RanBatch> {
  const { session, dataset, indices, preprocess, tokens } = request;
  const [declared] = input.dims;
  const isFixed = typeof declared === 'number' && declared > 0;
  let batchSize = isFixed ? declared : (request.batchSize ?? openBatchSize(input, tokens));
  const first = session.outputs[0]?.name ?? '';
  for (let from = 0; from < indices.length; ) {
    const options = { batchSize, pad: isFixed, tokens, task };
    const part = indices.subarray(from, from + batchSize);
    for await (const batch of batches(dataset, part, preprocess, input, options)) {
      const outputs = await runOrUndefined(session, batch, batchSize > 1 && !isFixed && from === 0);
      const rows = batch.tensor.dims[0] ?? 1;
      if (
        outputs === undefined ||
        (from === 0 && !isFixed && batchSize > 1 && outputs[first]?.dims[0] !== rows)
      ) {
        batchSize = 1;
        break;
      }
      yield { batch, rows, outputs, first };
      from += batch.count;
    }
  }
}

async function runOrUndefined(
  session: Session,
  batch: Batch,
  mayFail: boolean,
): Promise<Record<string, RuntimeTensor> | undefined> {
  try {
    return await session.run(feedsOf(session, batch));
  } catch (error) {
    if (mayFail && error instanceof EngineError && error.code === 'runtime/run-failed')
      return undefined;
    throw error;
  }
}

/** A step may have left nothing that reads one of the inputs, a mask for example. */
const feedsOf = (session: Session, { feeds }: Batch): Batch['feeds'] =>
  session.inputs.length === 0
    ? feeds
    : Object.fromEntries(
        Object.entries(feeds).filter(([name]) => session.inputs.some((one) => one.name === name)),
      );

/** Bounded so that a batch stays below 4 M elements: of its input, or of a language model's scores. */
function openBatchSize(input: ValueInfo, tokens: TokenPlan | undefined): number {
  const known = input.dims.slice(1).map((dim) => (typeof dim === 'number' ? dim : 224));
  const isLanguageModel = tokens?.task === 'language-model';
  const largest = isLanguageModel ? tokens.length * tokens.tokenizer.size : elementCount(known);
  return Math.max(1, Math.min(32, Math.floor(4_000_000 / Math.max(1, largest))));
}

interface Collector {
  add(ran: RanBatch): void;
  rows(): number;
  finish(): PredictionSet;
}

function createCollector(indices: Uint32Array, labelled: boolean): Collector {
  const labels = labelled ? new Int32Array(indices.length) : undefined;
  const store = createOutputStore(indices.length);
  let row = 0;
  let classes: number | undefined;
  let top = new Int32Array();
  let scores = new Float32Array();
  let tokenLoss: TokenLoss | undefined;
  const addLoss = (
    outputs: RuntimeTensor,
    targets: Int32Array,
    rows: number,
    count: number,
  ): void => {
    tokenLoss ??= {
      sums: new Float64Array(indices.length),
      counts: new Float64Array(indices.length),
    };
    const values = outputNumbers(outputs);
    const [width, length] = [values.length / rows, targets.length / rows];
    for (let i = 0; i < count; i++) {
      const loss = windowLoss(
        values.subarray(i * width, (i + 1) * width),
        targets.subarray(i * length, (i + 1) * length),
      );
      tokenLoss.sums[row + i] = loss.sum;
      tokenLoss.counts[row + i] = loss.count;
    }
  };
  const rank = (values: Float32Array, width: number, count: number, quantized: boolean): void => {
    const kept = Math.min(keptClasses, width);
    for (let i = 0; i < count; i++) {
      const line = values.subarray(i * width, (i + 1) * width);
      const best = topClasses(line, kept);
      const probable = probabilities(line, quantized);
      top.set(best, (row + i) * kept);
      scores.set(
        Float32Array.from(best, (index) => probable[index] ?? 0),
        (row + i) * kept,
      );
    }
  };
  return {
    add({ batch, rows, outputs, first }) {
      const tensor = outputs[first];
      const width = tensor === undefined ? undefined : classCount(tensor.dims, rows);
      if (classes === undefined) {
        classes = width ?? 0;
        top = new Int32Array(indices.length * Math.min(keptClasses, classes));
        scores = new Float32Array(top.length);
      }
      if (tensor !== undefined && width !== undefined && width === classes)
        rank(
          outputNumbers(tensor, first),
          width,
          batch.count,
          tensor.dtype === 'int8' || tensor.dtype === 'uint8',
        );
      if (tensor !== undefined && batch.targets !== undefined)
        addLoss(tensor, batch.targets, rows, batch.count);
      if (batch.labels !== undefined) labels?.set(batch.labels, row);
      store.add(outputs, rows, batch.count);
      row += batch.count;
    },
    rows: () => row,
    finish: () => ({
      indices,
      labels,
      classes: classes ?? 0,
      kept: Math.min(keptClasses, classes ?? 0),
      topClasses: top,
      topScores: scores,
      ...(tokenLoss === undefined ? {} : { tokenLoss }),
      outputs: store.finish(),
    }),
  };
}
