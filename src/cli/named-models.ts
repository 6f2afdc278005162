import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import {
  EngineError,
  type Model,
  type ModelShelf,
  type Recipe,
  type Step,
} from '../engine/index.ts';
import { openModelFile } from './open-files.ts';

/** The recipe with the hash of every model that its steps name written down, and the shelf those models stand on. */
export interface NamedModels {
  readonly recipe: Recipe;
  readonly models: ModelShelf;
}

/** Opens the models that steps name ("studentModel"), by paths relative to the recipe's file. A stated hash must be that of the file. */
export async function openNamedModels(recipe: Recipe, recipeFile: string): Promise<NamedModels> {
  const shelf = new Map<string, Model>();
  const steps: Step[] = [];
  for (const step of recipe.steps) {
    const named = step['studentModel'] as { file: string; sha256?: string } | undefined;
    if (named === undefined || step.off === true) {
      steps.push(step);
      continue;
    }
    const file = path.resolve(path.dirname(recipeFile), named.file);
    const { model } = openModelFile(file);
    const sha256 = await hashOfFile(file);
    if (named.sha256 !== undefined && named.sha256 !== sha256)
      throw new EngineError('argument/invalid', {
        where: file,
        detail: `its SHA-256 is ${sha256}, and the recipe was made with ${named.sha256}`,
        hint: 'Give the file that the recipe names, or take "sha256" out of the recipe',
      });
    shelf.set(sha256, model);
    steps.push({ ...step, studentModel: { file: named.file, sha256 } });
  }
  return { recipe: { ...recipe, steps }, models: ({ sha256 = '' }) => shelf.get(sha256) };
}

async function hashOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Uint8Array);
  return hash.digest('hex');
}
