import { toReport } from '../engine/index.ts';
import type { Command } from './arguments.ts';
import { benchModels, type Candidate } from './bench-models.ts';
import { bindDataTo, sourceOf } from './bind-data.ts';
import { openModelFile } from './open-files.ts';
import { describeReport, print, printJson } from './print.ts';
import { withWatchedRuntime } from './watched-runtime.ts';

/** Measures models against the first of them. */
export async function measure(command: Extract<Command, { kind: 'measure' }>): Promise<void> {
  const opened = command.models.map(openModelFile);
  const data = await bindDataTo(
    opened.map(({ model }) => model),
    command,
    command.models,
  );
  const candidates = opened.map(
    ({ model, sizeBytes }, i): Candidate => ({
      model,
      sizeBytes,
      data: data[i],
      steps: [],
      skipped: [],
    }),
  );
  await withWatchedRuntime(command, async (runtime, task) => {
    const measured = await benchModels({
      runtime,
      candidates: candidates as [Candidate, ...Candidate[]],
      source: sourceOf(command),
      samples: command.samples,
      task,
    });
    task.finish();
    const reports = measured.map((one, i) => toReport(one, command.models[i] ?? ''));
    if (command.json) printJson(reports);
    else print(reports.map(describeReport).join('\n\n'));
  });
}
