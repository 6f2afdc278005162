import {
  countParameters,
  defaultDims,
  EngineError,
  readModel,
  requiredExternalFiles,
  sessionOptionsFor,
  summarize,
  toModelFile,
  unwrap,
  type ByteSource,
  type Model,
  type ModelFile,
} from '../../engine/index.ts';
import { fingerprint } from '../digest.ts';
import { fileSource } from '../file-source.ts';
import type { OpenedModel } from '../protocol.ts';
import type { Handler } from '../studio.ts';

/**
 * Reads the model's headers; weights stay in the file until something asks for them. What was open before stays open when
 * the new file turns out to be broken.
 */
export const openModel: Handler<'open-model'> = async ({ files }, { workspace, progress }) => {
  progress({ phase: 'reading', done: 0, total: 1 });
  const main = mainFile(files);
  const source = fileSource(main, main.name);
  const external = new Map<string, ByteSource>();
  for (const file of files) if (file !== main) external.set(file.name, fileSource(file, file.name));
  const missing = missingFiles(source, external);
  if (missing.length > 0) return { missingFiles: missing };

  const model = unwrap(readModel(source, { name: main.name, external }));
  const sizeBytes = files.reduce((sum, file) => sum + file.size, 0);
  const summary = summarize(model, sizeBytes, [...external.keys()]);
  const { dims } = defaultDims(model);
  let encoded: ModelFile | undefined;
  const id = await fingerprint(files);
  workspace.setModel({
    name: main.name,
    id,
    model,
    summary,
    file: () => (encoded ??= toModelFile(model)),
    sessionOptions: sessionOptionsFor(model, workspace.settings.backend),
    start: { params: summary.params },
    dims,
    shapes: undefined,
  });
  return {
    name: main.name,
    id,
    summary,
    dims,
    weights: weightList(model),
  };
};

function mainFile(files: readonly File[]): File {
  const named = files.filter((file) => /\.onnx$/i.test(file.name));
  const [main] = named.length > 0 ? named : files;
  if (main === undefined)
    throw new EngineError('file/empty', { where: 'dropped files', detail: 'there is no file' });
  if (named.length > 1)
    throw new EngineError('argument/invalid', {
      where: 'dropped files',
      detail: `${named.length} models at once: ${named.map((file) => file.name).join(', ')}`,
      hint: 'Drop one .onnx file, with its external data files if it has any',
    });
  return main;
}

const missingFiles = (source: ByteSource, given: ReadonlyMap<string, ByteSource>): string[] =>
  requiredExternalFiles(source).filter((name) => !given.has(name));

function weightList(model: Model): OpenedModel['weights'] {
  return countParameters(model)
    .parameters.filter(({ tensor }) => !('values' in tensor))
    .map(({ value, count, node }) => ({ name: value.name, count, node: node?.name ?? '' }))
    .toSorted((a, b) => b.count - a.count);
}
