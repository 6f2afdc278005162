import {
  bindAny,
  EngineError,
  openDataset,
  textFacts,
  type ByteSource,
  type Dataset,
  type Preprocess,
  type TextFacts,
  type TextTokenizer,
} from '../../engine/index.ts';
import { fileSource } from '../file-source.ts';
import type { DataSource, OpenedData } from '../protocol.ts';
import type { CallContext, Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import type { OpenDataset } from '../workspace.ts';

/** Opens data for the open model: recognises it, guesses the preprocessing, splits it. Data that was open stays on failure. */
export const openData: Handler<'open-data'> = async (source, context) => {
  const { workspace } = context;
  if (source.kind === 'synthetic') {
    workspace.setData(undefined);
    return synthetic;
  }
  const dataset = await read(source, context);
  const tokenizer = await tokenizerFor(source, dataset, context);
  const bound = await bindAny(workspace.model().model, dataset, tokenizer);
  const opened: OpenDataset = {
    name: source.kind === 'sample' ? source.name : dataset.name,
    ...bound,
    source: source.kind === 'sample' ? 'sample' : 'user',
    key: dataKey(bound.dataset, bound.preprocess),
  };
  await dataset.sample(0);
  const text = await textFacts(opened);
  workspace.setData(opened);
  return describe(opened, text);
};

export const setPreprocess: Handler<'set-preprocess'> = async ({ preprocess }, { workspace }) => {
  const { data } = workspace;
  if (data === undefined)
    throw new EngineError('data/empty', { where: 'preprocessing', detail: 'no data is open' });
  const changed = { ...data, preprocess, key: dataKey(data.dataset, preprocess) };
  workspace.setData(changed);
  return describe(changed, await textFacts(changed));
};

async function read(
  source: Exclude<DataSource, { kind: 'synthetic' }>,
  context: CallContext,
): Promise<Dataset> {
  const task = workerTask(context.signal, context.progress);
  context.progress({ phase: 'loading-data', done: 0, total: 1 });
  const files = source.kind === 'sample' ? [await fetchSample(source, context)] : source.files;
  const given = files.map((file) => ({
    path: file.webkitRelativePath || file.name,
    source: fileSource(file, file.name),
  }));
  return openDataset(given, { task });
}

/** A bundled text has its tokenizer beside it; other text, without one, is cut up as the text before it was. */
async function tokenizerFor(
  source: Exclude<DataSource, { kind: 'synthetic' }>,
  { kind, tokenizerFile }: Dataset,
  context: CallContext,
): Promise<ByteSource | TextTokenizer | undefined> {
  if (kind !== 'text' || tokenizerFile !== undefined) return undefined;
  if (source.kind === 'files') return context.workspace.data?.tokens?.tokenizer;
  const url = new URL('tokenizer.json', new URL(source.url, self.location.origin)).href;
  const file = await fetchSample({ name: source.name, url }, context);
  return fileSource(file, file.name);
}

/** Bundled sets are files of the studio itself; the policy lets nothing else be fetched. */
async function fetchSample(
  source: { name: string; url: string },
  { signal }: CallContext,
): Promise<File> {
  const response = await fetch(new URL(source.url, self.location.origin), { signal }).catch(
    (error: unknown) => {
      if (signal.aborted)
        throw new EngineError('cancelled', { where: source.name, detail: 'cancelled' });
      throw unreachable(source.url, error instanceof Error ? error.message : String(error));
    },
  );
  if (!response.ok) throw unreachable(source.url, `the server answered ${response.status}`);
  return new File([await response.blob()], source.url.split('/').at(-1) ?? source.name);
}

const unreachable = (where: string, detail: string): EngineError =>
  new EngineError('data/unreadable', {
    where,
    detail,
    hint: 'Reload the page; the model is still open',
  });

const dataKey = (dataset: Dataset, preprocess: Preprocess): string =>
  JSON.stringify([dataset.name, dataset.count, preprocess]);

const describe = (data: OpenDataset, text: TextFacts | undefined): OpenedData => ({
  name: data.name,
  kind: data.dataset.kind,
  count: data.dataset.count,
  labelled: data.dataset.labels !== undefined,
  classes: data.dataset.classes,
  guess: { preprocess: data.preprocess, reasons: data.guess.reasons },
  split: { measure: data.split.measure.length, calibration: data.split.calibration.length },
  ...(text === undefined ? {} : { text }),
});

const synthetic: OpenedData = {
  name: '',
  kind: 'synthetic',
  count: 0,
  labelled: false,
  classes: undefined,
  guess: {
    preprocess: {
      layout: 'NCHW',
      size: [1, 1],
      resize: 'none',
      channels: 'RGB',
      range: [0, 1],
      mean: [0],
      std: [1],
      classOffset: 0,
    },
    reasons: [],
  },
  split: { measure: 0, calibration: 0 },
};
