import { EngineError, err, type Result } from '../../core/index.ts';
import type { Node } from '../../graph/index.ts';
import type { Skipped } from '../method.ts';

/** The answer of a `plan` that does nothing: `where` is a node or the method, `detail` the reason in plain English. */
export function refuse(where: string, detail: string, hint?: string): Result<never> {
  const place = { where, detail };
  return err(new EngineError('method/refused', hint === undefined ? place : { ...place, hint }));
}

/** What a person knows a node by: its name, or else the value it makes. */
export const nodeLabel = (node: Node): string =>
  node.name || node.outputs.find((output) => output !== undefined)?.name || node.opType;

export const skippedNode = (node: Node, reason: string): Skipped => ({
  name: nodeLabel(node),
  opType: node.opType,
  reason,
});

/** The reason most nodes were skipped for, with how many, to be named when nothing is left to do. */
export function mainReason(skipped: readonly Skipped[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const [first] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return first === undefined ? 'there are none' : `${first[0]} (${first[1]} of ${skipped.length})`;
}
