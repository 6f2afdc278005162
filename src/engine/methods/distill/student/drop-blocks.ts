import type { ShapeMap } from '../../../analysis/index.ts';
import { edit, type Model, type Value } from '../../../graph/index.ts';
import type { Block } from './find-blocks.ts';

/**
 * Which of `count` blocks stay when a share of them does: evenly spaced, the first and the last among them (so 6 of 12 are 0, 2, 4, 7, 9,
 * 11, as in DistilBERT, Sanh et al. 2019, arXiv:1910.01108); one alone is the first.
 */
export function keptBlocks(count: number, depth: number): number[] {
  const kept = Math.round(count * depth);
  if (kept <= 1) return kept === 1 ? [0] : [];
  return Array.from({ length: kept }, (_, i) => Math.round((i * (count - 1)) / (kept - 1)));
}

/** The model in which every dropped block's input stands for its output. */
export function dropBlocks(
  model: Model,
  dropped: readonly Block[],
  shapes: ShapeMap,
): { readonly model: Model; readonly shapes: ShapeMap } {
  if (dropped.length === 0) return { model, shapes };
  const after = new Map<Value, readonly number[]>();
  const next = edit(model, (e) => {
    const standsFor = new Map<Value, Value>();
    for (const { entry, exit } of dropped) {
      const by = standsFor.get(entry) ?? entry;
      standsFor.set(exit, by);
      e.replaceUses(exit, by);
    }
    e.removeDead();
    for (const [value, dims] of shapes) after.set(e.value(value), dims);
  });
  const alive = new Set<Value>([...next.graph.inputs, ...next.graph.constants]);
  for (const node of next.graph.nodes)
    for (const output of node.outputs) if (output !== undefined) alive.add(output);
  return { model: next, shapes: new Map([...after].filter(([value]) => alive.has(value))) };
}
