import { EngineError, quietTask, type ByteSource, type Task } from '../core/index.ts';
import {
  openTokenizer,
  planTokens,
  tokenDataset,
  type Dataset,
  type InputSpec,
  type Preprocess,
  type TextTokenizer,
  type TokenPlan,
} from '../data/index.ts';
import { requiredInputs, type Model } from '../graph/index.ts';
import { bindDataset, splitOf, type BoundDataset } from './bind-dataset.ts';
import { specOf } from './inputs.ts';

/**
 * Binds text to the model that reads it, by a tokenizer: labelled texts as samples of a classifier, any text as windows of a language model.
 * Throws `data/mismatch` where text cannot fill the model's inputs.
 */
export async function bindText(
  model: Model,
  dataset: Dataset,
  tokenizer: TextTokenizer,
  task: Task = quietTask,
): Promise<BoundDataset> {
  const tokens = planTokens({
    inputs: inputsOf(model),
    tokenizer,
    output: outputDims(model),
    contextLength: contextLength(model),
  });
  const samples = await tokenDataset(dataset, tokens, task);
  return {
    dataset: samples,
    split: splitOf(samples),
    tokens,
    preprocess: unused,
    guess: { preprocess: unused, reasons: reasonsFor(tokens) },
  };
}

/**
 * Binds data of any kind. Text takes the tokenizer file that came with it, else the one given (that of the model). Throws as `bindDataset`
 * and `bindText` do, and `data/unreadable` for a file that is no tokenizer.
 */
export async function bindAny(
  model: Model,
  dataset: Dataset,
  modelTokenizer: ByteSource | TextTokenizer | undefined,
  task: Task = quietTask,
): Promise<BoundDataset> {
  const tokenizer = dataset.tokenizerFile ?? modelTokenizer;
  if (dataset.kind !== 'text' || tokenizer === undefined) return bindDataset(model, dataset);
  const opened =
    'encode' in tokenizer ? tokenizer : await openTokenizer(parsed(tokenizer), tokenizer.name);
  return bindText(model, dataset, opened, task);
}

function parsed(file: ByteSource): unknown {
  try {
    return JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(file.read(0, file.size)),
    ) as unknown;
  } catch {
    throw new EngineError('data/unreadable', { where: file.name, detail: 'not a JSON file' });
  }
}

const inputsOf = (model: Model): InputSpec[] =>
  requiredInputs(model).map((input) => {
    const spec = specOf(input);
    if (spec === undefined)
      throw new EngineError('data/mismatch', {
        where: `input "${input.name}"`,
        detail: 'its type is not stated',
      });
    return spec;
  });

function outputDims(model: Model): readonly (number | string)[] | undefined {
  const type = model.graph.outputs[0]?.type;
  return type?.kind === 'tensor' ? type.dims?.map((dim) => dim ?? '') : undefined;
}

/** Stated in the file by whoever exported it (`metadata_props`). */
function contextLength(model: Model): number | undefined {
  const stated = Number(model.metadata.get('context_length'));
  return Number.isInteger(stated) && stated > 0 ? stated : undefined;
}

const reasonsFor = ({ tokenizer, length, task, inputs }: TokenPlan): string[] => [
  `text is cut into tokens by ${tokenizer.name} (${tokenizer.size} tokens)`,
  task === 'language-model'
    ? `the model scores every token of the vocabulary, so it is measured as a language model on windows of ${length} tokens`
    : `a sample is at most ${length} tokens; what is longer loses its end`,
  `they go into ${Object.values(inputs)
    .filter((input) => input !== undefined)
    .map(({ name }) => name)
    .join(', ')}`,
];

/** Says nothing about text: there are no pixels. */
const unused: Preprocess = {
  layout: 'NCHW',
  size: [1, 1],
  resize: 'none',
  channels: 'RGB',
  range: [0, 1],
  mean: [0],
  std: [1],
  classOffset: 0,
};
