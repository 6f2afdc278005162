import { EngineError, quietTask, type ByteSource, type Task } from '../core/index.ts';
import { concatDatasets } from './concat-datasets.ts';
import { unsupported } from './data-errors.ts';
import type { Dataset } from './dataset.ts';
import { gzipSource } from './entry-source.ts';
import { idxDataset, idxRank, isIdx } from './idx-dataset.ts';
import { imageFolder, isImagePath, type DataFile } from './image-folder.ts';
import { npyDataset } from './npy-dataset.ts';
import { npzDataset } from './npz-dataset.ts';
import { isSamples, openSamples } from './open-samples.ts';
import { plainTextDataset } from './plain-text-dataset.ts';
import { csvDataset, jsonlDataset } from './text-dataset.ts';
import { isTextSamples, openTextSamples } from './text-samples.ts';

export interface OpenDatasetOptions {
  /** Shown to people; default: the file's or folder's name. */
  readonly name?: string;
  readonly task?: Task;
}

/**
 * Recognises what was dropped or named and opens it: Whittle's own samples, `.npz`, `.npy` (with its labels beside it), IDX (one
 * pair, or MNIST's four files), CSV / TSV / JSON lines or plain text (with its tokenizer.json beside it), or images. Nothing is decoded before a sample is asked
 * for. Throws `data/empty`, `data/unsupported`, `data/unreadable`, `data/mismatch`.
 */
export async function openDataset(
  files: readonly DataFile[],
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  const { task = quietTask } = options;
  const visible = files.filter((file) => !baseName(file.path).startsWith('.'));
  const given = visible.filter((file) => !isTokenizerFile(file));
  const name = options.name ?? commonName(given);
  if (given.length === 0)
    throw new EngineError('data/empty', {
      where: name,
      detail: visible.length === 0 ? 'no file in it' : 'a tokenizer without a text',
      ...(visible.length === 0 ? {} : { hint: 'Give the text together with it' }),
    });
  const images = given.filter((file) => isImagePath(file.path));
  if (images.length > 0) return notEmpty(imageFolder(name, images));
  const ready = given.map(unzipped);
  const [only] = ready;
  const single =
    ready.length === 1 && only !== undefined ? await openSingle(name, only, task) : undefined;
  const opened = single ?? openArrays(name, ready);
  if (opened === undefined)
    throw unsupported(
      name,
      ready.length === 1
        ? 'not a kind of data that is read'
        : `${ready.length} files that do not belong together`,
      'Give a folder of images, an .npz, an IDX pair, a .csv or .jsonl of text with labels, or a .txt',
    );
  const tokenizerFile = visible.find(isTokenizerFile)?.source;
  return notEmpty(
    tokenizerFile === undefined || opened.kind !== 'text' ? opened : { ...opened, tokenizerFile },
  );
}

/** Named as the Hugging Face library names it, on its own or behind the model's name. */
const isTokenizerFile = ({ path }: DataFile): boolean => /tokenizer\.json$/i.test(path);

async function openSingle(
  name: string,
  { path, source }: DataFile,
  task: Task,
): Promise<Dataset | undefined> {
  if (source.size === 0)
    throw new EngineError('data/empty', { where: path, detail: 'an empty file' });
  const head = source.read(0, Math.min(16, source.size));
  if (isSamples(head)) return (await openSamples(source.read(0, source.size))).all;
  if (isTextSamples(head)) return openTextSamples(source.read(0, source.size)).all;
  if (/\.npz$/i.test(path)) return npzDataset(name, source);
  if (/\.(csv|tsv)$/i.test(path)) return csvDataset(name, source, task);
  if (/\.(jsonl|ndjson)$/i.test(path)) return jsonlDataset(name, source, task);
  if (/\.(txt|text)$/i.test(path)) return plainTextDataset(name, source, task);
  return undefined;
}

/** `.npy` and IDX files, alone or as pairs; labels are told from samples by name (npy) or rank (IDX). */
function openArrays(name: string, files: readonly DataFile[]): Dataset | undefined {
  if (files.every((file) => /\.npy$/i.test(file.path))) {
    const isLabels = ({ path }: DataFile): boolean =>
      /(^|[_\-.])(y|labels?|targets?)\.npy$/i.test(baseName(path));
    return pair(name, files, isLabels, npyDataset);
  }
  const isIdxFile = ({ source }: DataFile): boolean =>
    isIdx(source.read(0, Math.min(4, source.size)));
  if (!files.every(isIdxFile)) return undefined;
  const isLabels = ({ source }: DataFile): boolean => idxRank(source) === 1;
  if (files.length !== 4) return pair(name, files, isLabels, idxDataset);
  const isTest = ({ path }: DataFile): boolean => /t10k|test/i.test(baseName(path));
  const train = pair(
    name,
    files.filter((file) => !isTest(file)),
    isLabels,
    idxDataset,
  );
  const test = pair(name, files.filter(isTest), isLabels, idxDataset);
  return train && test && concatDatasets(name, train, test);
}

function pair(
  name: string,
  files: readonly DataFile[],
  isLabels: (file: DataFile) => boolean,
  open: (name: string, samples: ByteSource, labels: ByteSource | undefined) => Dataset,
): Dataset | undefined {
  if (files.length === 1 && files[0] !== undefined) return open(name, files[0].source, undefined);
  const samples = files.filter((file) => !isLabels(file));
  const labels = files.filter(isLabels);
  if (samples.length !== 1 || labels.length !== 1 || samples[0] === undefined) return undefined;
  return open(name, samples[0].source, labels[0]?.source);
}

function unzipped(file: DataFile): DataFile {
  if (!/\.gz$/i.test(file.path)) return file;
  return { path: file.path.replace(/\.gz$/i, ''), source: gzipSource(file.source) };
}

function notEmpty(dataset: Dataset): Dataset {
  if (dataset.count === 0)
    throw new EngineError('data/empty', { where: dataset.name, detail: 'no samples in it' });
  return dataset;
}

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

function commonName(files: readonly DataFile[]): string {
  const [first] = files;
  if (first === undefined) return 'data';
  return files.length === 1 ? baseName(first.path) : (first.path.split('/')[0] ?? 'data');
}
