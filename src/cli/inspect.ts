import {
  countMacs,
  countNonzero,
  EngineError,
  measureShapes,
  probeFeeds,
  summarize,
  type Model,
} from '../engine/index.ts';
import type { Command } from './arguments.ts';
import { createNodeRuntime } from './node-runtime.ts';
import { openModelFile } from './open-files.ts';
import { describeSummary, print, printJson } from './print.ts';
import { hungVariable, parentWatchdog } from './supervised.ts';
import { terminalTask } from './terminal-task.ts';

/** What is in a model: read, counted, and its MACs from shapes measured on made-up inputs. */
export async function inspect({
  model: file,
  json,
}: Extract<Command, { kind: 'inspect' }>): Promise<void> {
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
  const hung = process.env[hungVariable];
  if (hung !== undefined) return { macs: null, macsUnknown: hung };
  const runtime = await createNodeRuntime('wasm', 1, parentWatchdog);
  const task = terminalTask();
  try {
    const feeds = await probeFeeds(model, undefined, {});
    const { total, unknown } = countMacs(model, await measureShapes(model, runtime, feeds, task));
    const names = [...new Set(unknown.map((node) => node.opType))];
    return {
      macs: total,
      macsUnknown: names.length === 0 ? null : `not counted: ${names.join(', ')}`,
    };
  } catch (error) {
    if (error instanceof EngineError) return { macs: null, macsUnknown: error.message };
    throw error;
  } finally {
    task.finish();
    await runtime.dispose();
  }
}
