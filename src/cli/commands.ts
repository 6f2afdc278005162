import { writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import {
  activeSteps,
  countMacs,
  countNonzero,
  createRecipeContext,
  EngineError,
  isSpan,
  measureShapes,
  modelSize,
  parseRecipeText,
  probeFeeds,
  readSpan,
  runRecipe,
  summarize,
  toReport,
  unwrap,
  writeModel,
  type Model,
  type Part,
  type Report,
} from '../engine/index.ts';
import { benchModels, type Candidate } from './bench-model.ts';
import { bindData, sourceOf } from './bind-data.ts';
import type { Command } from './arguments.ts';
import { createNodeRuntime } from './node-runtime.ts';
import { openModelFile, readText } from './open-files.ts';
import { describeReport, describeSummary } from './print.ts';
import { parentWatchdog } from './supervised.ts';
import { terminalTask } from './task.ts';

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** What is in a model: read, counted, and its MACs from shapes measured on made-up inputs. */
export async function inspect({ model: file, json }: Of<'inspect'>): Promise<void> {
  const { model, sizeBytes, externalFiles } = openModelFile(file);
  const { macs, macsUnknown } = await macsOf(model);
  const summary = {
    file,
    ...summarize(model, sizeBytes, externalFiles),
    nonzeroParams: countNonzero(model),
    macs,
    macsUnknown,
  };
  if (json) printJson(summary);
  else print(describeSummary(summary));
}

/** A model that ONNX Runtime cannot run can still be inspected; its MACs are then not known, and why is said. */
async function macsOf(model: Model): Promise<{ macs: number | null; macsUnknown: string | null }> {
  const runtime = await createNodeRuntime('wasm', 1, parentWatchdog);
  try {
    const shapes = await measureShapes(
      model,
      runtime,
      await probeFeeds(model, undefined, {}),
      terminalTask(),
    );
    const { total, unknown } = countMacs(model, shapes);
    const names = [...new Set(unknown.map((node) => node.opType))];
    return {
      macs: total,
      macsUnknown: names.length === 0 ? null : `not counted: ${names.join(', ')}`,
    };
  } catch (error) {
    if (error instanceof EngineError) return { macs: null, macsUnknown: error.message };
    throw error;
  } finally {
    await runtime.dispose();
  }
}

/** Carries a recipe out, writes the model, measures before and after. */
export async function run(command: Of<'run'>): Promise<void> {
  const { model, sizeBytes } = openModelFile(command.model);
  const parsed = unwrap(parseRecipeText(readText(command.recipe), command.recipe));
  const recipe = command.seed === undefined ? parsed : { ...parsed, seed: command.seed };
  const data = await bindData(model, command);
  const runtime = await createNodeRuntime(command.backend, command.threads, parentWatchdog);
  const task = terminalTask();
  try {
    const context = createRecipeContext({
      backend: runtime.backend,
      runtime: () => Promise.resolve(runtime),
      data,
      dims: {},
      task,
    });
    const result = await runRecipe(model, recipe, context);
    const files = command.out === undefined ? [] : save(result.model, command.out);
    const candidates: Candidate[] = [
      { model, sizeBytes, steps: [], skipped: [] },
      {
        model: result.model,
        sizeBytes: modelSize(result.model),
        steps: activeSteps(recipe),
        skipped: result.outcomes.flatMap(({ planned }) => planned.skipped),
      },
    ];
    const measured = await benchModels({
      runtime,
      candidates,
      data,
      source: sourceOf(command),
      samples: command.samples,
      task,
    });
    const [before, after] = measured.map((one, i) =>
      toReport(one, i === 0 ? command.model : (command.out ?? '')),
    );
    const steps = result.outcomes.map(({ step, planned }) => ({
      step,
      summary: planned.summary,
      skipped: planned.skipped,
    }));
    const report = { recipe, steps, before, after };
    if (command.report !== undefined)
      writeFile(command.report, `${JSON.stringify(report, null, 2)}\n`);
    task.finish();
    print([before, after].map((one) => describeReport(one as Report)).join('\n\n'));
    for (const file of files) print(`wrote ${file}`);
  } finally {
    task.finish();
    await runtime.dispose();
  }
}

/** Measures models against the first of them. */
export async function measure(command: Of<'measure'>): Promise<void> {
  const opened = command.models.map(openModelFile);
  const [first] = opened;
  if (first === undefined) throw new Error('arguments promise a model');
  const data = await bindData(first.model, command);
  const runtime = await createNodeRuntime(command.backend, command.threads, parentWatchdog);
  const task = terminalTask();
  try {
    const candidates = opened.map(
      ({ model, sizeBytes }): Candidate => ({ model, sizeBytes, steps: [], skipped: [] }),
    );
    const measured = await benchModels({
      runtime,
      candidates,
      data,
      source: sourceOf(command),
      samples: command.samples,
      task,
    });
    const reports = measured.map((one, i) => toReport(one, command.models[i] ?? ''));
    task.finish();
    if (command.json) printJson(reports);
    else print(reports.map(describeReport).join('\n\n'));
  } finally {
    task.finish();
    await runtime.dispose();
  }
}

/** Writes a model part by part; returns the files written. */
function save(model: Model, out: string): string[] {
  const { parts, external } = writeModel(model);
  const folder = path.dirname(out);
  const files = [
    { file: out, parts },
    ...external.map((one) => ({ file: path.join(folder, one.path), parts: one.parts })),
  ];
  mkdirSync(folder, { recursive: true });
  for (const { file, parts: pieces } of files) writeParts(file, pieces);
  return files.map(({ file }) => file);
}

function writeParts(file: string, parts: readonly Part[]): void {
  // The first piece makes the file anew; the model read may be the very file written, so nothing is read after this begins.
  const pieces = parts.map((part) => (isSpan(part) ? readSpan(part) : part));
  writeFile(file, '');
  for (const piece of pieces) writeFileSync(file, piece, { flag: 'a' });
}

function writeFile(file: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new EngineError('argument/invalid', {
      where: file,
      detail,
      hint: 'Check that the folder exists and can be written',
    });
  }
}
