import type {
  Measurements,
  Model,
  ModelFile,
  Observation,
  Recipe,
  SessionOptions,
  StepOutcome,
} from '../engine/index.ts';

/**
 * Variants built so far, bounded by the bytes of weights they hold: what was measured is kept for ever by the page, the models
 * themselves only while there is room. One that went is built again from its recipe: same recipe, same bytes.
 */
export interface StoredVariant {
  readonly id: string;
  readonly key: string;
  readonly recipe: Recipe;
  readonly model: Model;
  readonly file: ModelFile;
  readonly sessionOptions: SessionOptions;
  readonly hash: string;
  readonly sizeBytes: number;
  readonly outcomes: readonly StepOutcome[];
  /** What was measured, by the conditions it was measured under. */
  readonly measured: Map<string, Measurements>;
  readonly observed: Map<string, Observation>;
}

export interface VariantStore {
  byKey(key: string): StoredVariant | undefined;
  byId(id: string): StoredVariant | undefined;
  /** The recipe behind an id, kept even when the variant itself had to go. */
  recipeOf(id: string): Recipe | undefined;
  add(variant: StoredVariant): void;
  remove(goes: (variant: StoredVariant) => boolean): void;
  clear(): void;
}

const keepBytes = 256 * 1024 * 1024;

export function createVariantStore(limit = keepBytes): VariantStore {
  const byKey = new Map<string, StoredVariant>();
  const recipes = new Map<string, Recipe>();
  return {
    byKey(key) {
      const found = byKey.get(key);
      if (found !== undefined) {
        byKey.delete(key);
        byKey.set(key, found);
      }
      return found;
    },
    byId: (id) => [...byKey.values()].find((variant) => variant.id === id),
    recipeOf: (id) => recipes.get(id),
    add(variant) {
      recipes.set(variant.id, variant.recipe);
      byKey.set(variant.key, variant);
      let total = [...byKey.values()].reduce((sum, kept) => sum + kept.sizeBytes, 0);
      for (const [key, kept] of byKey) {
        if (total <= limit || key === variant.key) break;
        total -= kept.sizeBytes;
        byKey.delete(key);
      }
    },
    remove(goes) {
      for (const [key, variant] of byKey) if (goes(variant)) byKey.delete(key);
    },
    clear() {
      byKey.clear();
      recipes.clear();
    },
  };
}
