import type { Measurements, Model, PredictionSet, Recipe } from '../engine/index.ts';
import type { StepPlan } from './protocol.ts';

/**
 * Variants built so far, newest last, bounded by the bytes of weights they hold: what was measured is kept for ever by the page, the
 * models themselves only while there is room (they can be built again: same recipe, same bytes).
 */
export interface StoredVariant {
  readonly id: string;
  readonly key: string;
  readonly recipe: Recipe;
  readonly model: Model;
  readonly hash: string;
  readonly sizeBytes: number;
  readonly steps: readonly StepPlan[];
  measurements: Measurements;
  /** Predictions on the measuring split, with the key of the data they were made on. */
  predictions: { readonly dataKey: string; readonly set: PredictionSet } | undefined;
}

export interface VariantStore {
  byKey(key: string): StoredVariant | undefined;
  byId(id: string): StoredVariant | undefined;
  add(variant: StoredVariant): void;
  clear(): void;
}

const keepBytes = 256 * 1024 * 1024;

export function createVariantStore(limit = keepBytes): VariantStore {
  const byId = new Map<string, StoredVariant>();
  return {
    byKey: (key) => [...byId.values()].find((variant) => variant.key === key),
    byId: (id) => byId.get(id),
    add(variant) {
      byId.delete(variant.id);
      byId.set(variant.id, variant);
      let total = [...byId.values()].reduce((sum, kept) => sum + kept.sizeBytes, 0);
      for (const [id, kept] of byId) {
        if (total <= limit || id === variant.id) break;
        total -= kept.sizeBytes;
        byId.delete(id);
      }
    },
    clear: () => byId.clear(),
  };
}
