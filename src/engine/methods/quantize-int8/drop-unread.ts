import { isGraphOutput, type ModelEdit } from '../../graph/index.ts';

/**
 * Removes what lost its last reader: a bias that all its layers now have quantized copies of, the Constant node it came from. Called
 * only when there is such a thing, since `removeDead` would also take what the model had left unread itself.
 */
export function dropUnread(e: ModelEdit, before: number): void {
  if (unreadConstants(e) > before) e.removeDead();
}

export function unreadConstants(e: ModelEdit): number {
  const { graph } = e.model;
  const unread = graph.constants.filter(
    (value) => value.uses.length === 0 && !isGraphOutput(graph, value),
  );
  const idle = graph.nodes.filter(
    (node) =>
      node.opType === 'Constant' &&
      node.outputs.every((output) => output?.uses.length === 0 && !isGraphOutput(graph, output)),
  );
  return unread.length + idle.length;
}
