import {
  activeSteps,
  createRecipeContext,
  modelSize,
  parseRecipeText,
  runRecipe,
  toReport,
  unwrap,
  type Model,
  type Recipe,
  type RecipeResult,
  type Report,
  type Task,
} from '../engine/index.ts';
import type { Command } from './arguments.ts';
import { benchModels, type Candidate } from './bench-models.ts';
import { bindData, sourceOf } from './bind-data.ts';
import { terminalTrainingHost } from './training-host.ts';
import { withWatchedRuntime } from './watched-runtime.ts';
import { openNamedModels } from './named-models.ts';
import { openModelFile, readText } from './open-files.ts';
import { describeReport, print } from './print.ts';
import { checkOutput, writeModelFile, writeTextFile } from './write-files.ts';

type RunCommand = Extract<Command, { kind: 'run' }>;

/** Carries a recipe out, writes the model, measures before and after: the file that was written, read again. */
export async function run(command: RunCommand): Promise<void> {
  for (const file of [command.out, command.report]) if (file !== undefined) checkOutput(file);
  const { recipe, models } = await openNamedModels(readRecipe(command), command.recipe);
  const { model, sizeBytes } = openModelFile(command.model);
  const data = await bindData(model, command, command.model);
  await withWatchedRuntime(command, async (runtime, task) => {
    const context = createRecipeContext({
      backend: runtime.backend,
      runtime: () => Promise.resolve(runtime),
      data,
      dims: {},
      task,
      models,
      // Nothing is kept from one call to the next, so the names of checkpoints matter to nobody.
      training: {
        host: terminalTrainingHost(),
        modelKey: command.model,
        dataKey: command.data ?? '',
      },
    });
    const result = await runRecipe(model, recipe, context);
    const { made, written } = store(result.model, command, task);
    const measured = await benchModels({
      runtime,
      candidates: [
        { model, sizeBytes, data, steps: [], skipped: [] },
        {
          ...made,
          data,
          steps: activeSteps(recipe),
          skipped: result.outcomes.flatMap(({ planned }) => planned.skipped),
        },
      ],
      source: sourceOf(command),
      samples: command.samples,
      task,
    });
    const [before, after] = measured.map((one, i) =>
      toReport(one, i === 0 ? command.model : (command.out ?? '')),
    ) as [Report, Report];
    if (command.report !== undefined)
      writeTextFile(
        command.report,
        `${JSON.stringify(runReport(recipe, result, before, after), null, 2)}\n`,
      );
    task.finish();
    print([before, after].map(describeReport).join('\n\n'));
    for (const file of written) print(`wrote ${file}`);
  });
}

function readRecipe({ recipe: file, seed }: RunCommand): Recipe {
  const recipe = unwrap(parseRecipeText(readText(file), file));
  return seed === undefined ? recipe : { ...recipe, seed };
}

/** The model to measure: what `--out` holds now, read again, or the model in memory where nothing is to be written. */
function store(
  model: Model,
  { out }: RunCommand,
  task: Task,
): { made: Pick<Candidate, 'model' | 'sizeBytes'>; written: readonly string[] } {
  if (out === undefined) return { made: { model, sizeBytes: modelSize(model) }, written: [] };
  task.report({ phase: 'writing', done: 0, total: 1 });
  const written = writeModelFile(model, out);
  return { made: openModelFile(out), written };
}

/** `--report`: what was asked, what each step did, and the documents of `measure` before and after. */
const runReport = (
  recipe: Recipe,
  { outcomes }: RecipeResult,
  before: Report,
  after: Report,
): object => ({
  recipe,
  steps: outcomes.map(({ step, planned: { summary, skipped } }) => ({ step, summary, skipped })),
  before,
  after,
});
