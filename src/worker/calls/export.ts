import {
  coldStart,
  EngineError,
  measureFidelity,
  observe,
  readModel,
  sessionOptionsFor,
  toModelFile,
  unwrap,
  writeModel,
  type Model,
  type ModelFile,
  type Task,
} from '../../engine/index.ts';
import { feedsFor, variantById } from '../build-variant.ts';
import { hashOf } from '../digest.ts';
import { blobOf, fileSource } from '../file-source.ts';
import type { ExportReply } from '../protocol.ts';
import type { Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import type { StoredVariant } from '../variants.ts';
import type { Workspace } from '../workspace.ts';

/** Inputs on which the re-read file and the variant are compared. */
const comparedSamples = 64;

/**
 * Writes the variant, reads the very bytes again, loads them in a session of their own, and compares its outputs with those of the variant
 * on screen. Only if they agree to the last bit are the files handed over: same graph, same runtime, same inputs.
 */
export const exportVariant: Handler<'export'> = ({ variant: id }, context) =>
  context.workspace.jobs.run(context.id, 'user', async (signal) => {
    const { workspace } = context;
    const task = workerTask(signal, context.progress);
    const variant = await variantById(workspace, id, task);
    task.report({ phase: 'writing', done: 0, total: 1 });
    const written = write(variant.model, exportName(workspace.model().name, id));
    task.report({ phase: 'verifying', done: 0, total: 1 });
    const reread = rereadFrom(written);
    const file = toModelFile(reread);
    const { difference, samples } = await compare(workspace, variant, reread, file, task);
    if (!(difference === 0))
      throw new EngineError('export/mismatch', {
        where: written[0]?.name ?? id,
        detail: `the re-read file's outputs differ from the variant's by ${difference} on ${samples} inputs`,
        hint: 'Nothing was downloaded. This is a fault in Whittle: please report it with the model and recipe',
      });
    return {
      files: written,
      verified: {
        maxAbsDifference: difference,
        samples,
        bytes: written.reduce((sum, { blob }) => sum + blob.size, 0),
        sha256: await hashOf(file),
      },
    } satisfies ExportReply;
  });

const exportName = (name: string, id: string): string =>
  id === 'original' ? name : name.replace(/(\.onnx)?$/i, '-whittled.onnx');

function write(model: Model, name: string): { name: string; blob: Blob }[] {
  const { parts, external } = writeModel(model);
  return [
    { name, blob: blobOf(parts) },
    ...external.map((file) => ({ name: file.path, blob: blobOf(file.parts) })),
  ];
}

function rereadFrom(files: readonly { name: string; blob: Blob }[]): Model {
  const [main, ...rest] = files;
  if (main === undefined) throw new Error('nothing was written');
  const external = new Map(rest.map(({ name, blob }) => [name, fileSource(blob, name)]));
  return unwrap(readModel(fileSource(main.blob, main.name), { name: main.name, external }));
}

async function compare(
  workspace: Workspace,
  variant: StoredVariant,
  reread: Model,
  file: ModelFile,
  task: Task,
): Promise<{ difference: number; samples: number }> {
  const run = async (
    model: Model,
    bytes: ModelFile,
  ): Promise<Awaited<ReturnType<typeof observe>>> => {
    const options = sessionOptionsFor(model, workspace.settings.backend);
    const arm = await coldStart(
      workspace.runtime(),
      bytes,
      await feedsFor(workspace, model),
      options,
    );
    try {
      const { data, settings } = workspace;
      const source = data?.source ?? 'user';
      return await observe({
        model,
        session: arm.session,
        data,
        source,
        samples: comparedSamples,
        dims: settings.dims,
        task,
      });
    } finally {
      await arm.session.release().catch(() => undefined);
    }
  };
  const shown = await run(variant.model, variant.file);
  const again = await run(reread, file);
  const { maxAbsError, samples } = measureFidelity(shown.outputs, again.outputs, again.inputs);
  return { difference: maxAbsError, samples };
}
