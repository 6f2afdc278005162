import { activeSteps } from './parse.ts';
import type { Recipe } from './recipe.ts';

/**
 * The name of a training among checkpoints: the same key means the same model, data, sizes, backend, and recipe up to and with the step
 * that trains, so that what was saved fits. Needs no run: the page asks with it whether there is something to go on from.
 */
export interface TrainingPlace {
  /** Hash of the model's file. */
  readonly model: string;
  /** Names data, split and preprocessing. */
  readonly data: string;
  readonly dims: Readonly<Record<string, number>>;
  readonly backend: string;
}

/** `index` counts the active steps. Curves of one step (student, control) share it. */
export function trainingKey(place: TrainingPlace, recipe: Recipe, index: number): string {
  const dims = Object.entries(place.dims).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const steps = activeSteps(recipe).slice(0, index + 1);
  const text = JSON.stringify([
    1,
    place.model,
    place.data,
    dims,
    place.backend,
    recipe.seed,
    steps,
  ]);
  return `training-${fnv64(text, 0n)}${fnv64(text, 1n)}`;
}

/** FNV-1a in 64 bits, from one of two starts. */
function fnv64(text: string, start: bigint): string {
  let hash = 0xcbf29ce484222325n ^ (start * 0x9e3779b97f4a7c15n);
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
