import { expect } from 'vitest';
import * as v from 'valibot';
import {
  countMacs,
  countNonzero,
  countParameters,
  createStatistics,
  type ShapeMap,
} from '../../analysis/index.ts';
import { createRng, quietTask, unwrap, type EngineError } from '../../core/index.ts';
import { verify, type Model } from '../../graph/index.ts';
import { modelSize, writeBytes } from '../../onnx/index.ts';
import { measureShapes, type Feeds, type Runtime } from '../../runtime/index.ts';
import type { ApplyContext, Method, Planned } from '../method.ts';

export interface Given {
  readonly shapes?: ShapeMap;
  readonly runtime?: Runtime;
  /** Batches for methods that calibrate. */
  readonly calibration?: readonly Feeds[];
}

export const contextOf = (model: Model, given: Given = {}): ApplyContext => ({
  shapes: given.shapes,
  statistics: createStatistics(model),
  backend: 'wasm',
  rng: createRng(0),
  task: quietTask,
  runtime: given.runtime,
  calibration: given.calibration && batches(given.calibration),
  learning: undefined,
});

async function* batches(feeds: readonly Feeds[]): AsyncGenerator<Feeds> {
  yield* feeds;
}

type AnyMethod<O extends { method: string }, P> = Method<O, P>;

const optionsOf = <O extends { method: string }, P>(
  method: AnyMethod<O, P>,
  options: Partial<O>,
): O => v.parse(method.schema, { method: method.id, ...options });

/** Plans with the defaults filled in; a refusal fails the test. */
export const planOf = <O extends { method: string }, P>(
  method: AnyMethod<O, P>,
  model: Model,
  options: Partial<O>,
  given: Given = {},
): Planned<P> => unwrap(method.plan(model, optionsOf(method, options), contextOf(model, given)));

/** The refusal; a plan fails the test. */
export function refusalOf<O extends { method: string }, P>(
  method: AnyMethod<O, P>,
  model: Model,
  options: Partial<O>,
  given: Given = {},
): EngineError {
  const result = method.plan(model, optionsOf(method, options), contextOf(model, given));
  if (result.ok) throw new Error('planned where a refusal was expected');
  expect(result.error.code).toBe('method/refused');
  return result.error;
}

export interface Applied<P> {
  readonly model: Model;
  readonly planned: Planned<P>;
}

/**
 * Plans and applies, and holds every predicted figure against the model that came out: parameters and non-zeros counted again,
 * bytes of the file written out, MACs from shapes measured anew where a runtime is given.
 */
export async function applyChecked<O extends { method: string }, P>(
  method: AnyMethod<O, P>,
  model: Model,
  options: Partial<O>,
  given: Given & { readonly feeds?: Feeds } = {},
): Promise<Applied<P>> {
  const filled = optionsOf(method, options);
  const context = contextOf(model, given);
  const planned = unwrap(method.plan(model, filled, context));
  const applied = await method.apply(model, planned, filled, context);
  expect(verify(applied)).toEqual([]);
  const { predicted } = planned;
  const bytes = writeBytes(applied).byteLength;
  if (predicted.params !== undefined) expect(countParameters(applied).total).toBe(predicted.params);
  if (predicted.nonzeroParams !== undefined)
    expect(countNonzero(applied)).toBe(predicted.nonzeroParams);
  if (predicted.weightBytes !== undefined)
    expect(bytes - writeBytes(model).byteLength).toBe(predicted.weightBytes);
  const preview = planned.preview?.();
  if (preview !== undefined) {
    expect(verify(preview)).toEqual([]);
    expect(modelSize(preview)).toBe(bytes);
  }
  if (given.runtime !== undefined && given.feeds !== undefined && predicted.macs !== undefined) {
    const shapes = await measureShapes(applied, given.runtime, given.feeds, quietTask);
    expect(countMacs(applied, shapes).total).toBe(predicted.macs);
  }
  return { model: applied, planned };
}
