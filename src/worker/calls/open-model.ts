import {
  countParameters,
  defaultDims,
  sessionOptionsFor,
  summarize,
  toModelFile,
  type Model,
  type ModelFile,
} from '../../engine/index.ts';
import { fingerprint } from '../digest.ts';
import { modelFiles } from '../model-files.ts';
import type { OpenedModel } from '../protocol.ts';
import type { Handler } from '../studio.ts';

/**
 * Reads the model's headers; weights stay in the file until something asks for them. What was open before stays open when
 * the new file turns out to be broken.
 */
export const openModel: Handler<'open-model'> = async ({ files }, { workspace, progress }) => {
  progress({ phase: 'reading', done: 0, total: 1 });
  const { main, external, missing, read } = modelFiles(files);
  if (missing.length > 0) return { missingFiles: missing };
  const model = read();
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

function weightList(model: Model): OpenedModel['weights'] {
  return countParameters(model)
    .parameters.filter(({ tensor }) => !('values' in tensor))
    .map(({ value, count, node }) => ({ name: value.name, count, node: node?.name ?? '' }))
    .toSorted((a, b) => b.count - a.count);
}
