import { allNodes, type Model, type ModelEdit, type Node } from '../graph/index.ts';
import { tensorDtypes } from './tensor-dtypes.ts';
import { isChangedOperator, unchangedOperators } from './opset-changes.ts';
import { opsetRules, type OpsetRule, type Passes } from './opset-rules.ts';

/**
 * Moves a model to a newer version of the default operator set, where a method needs an operator (DequantizeLinear per channel: 13;
 * int4: 21) that the model's own version lacks. Only nodes whose meaning is known on both sides are moved; anything else is an
 * obstacle that names the node, and the method then finds another form or refuses. Versions below 7 broadcast by attribute and are not moved.
 */
export interface OpsetObstacle {
  readonly node: Node | undefined;
  readonly detail: string;
}

export const modelOpset = (model: Model): number => model.opsets.get('') ?? 0;

/** What stands in the way; undefined when `raiseOpset` will do (or has nothing to do). */
export function opsetObstacle(model: Model, to: number): OpsetObstacle | undefined {
  const from = modelOpset(model);
  if (from >= to) return undefined;
  if (from < 7) return { node: undefined, detail: `opset ${from} is older than 7` };
  const passes: Passes = (version) => from < version && version <= to;
  for (const node of allNodes(model.graph)) {
    const detail = node.domain === '' ? nodeObstacle(node, passes) : undefined;
    if (detail !== undefined) return { node, detail };
  }
  return halfFloatObstacle(model, passes);
}

function nodeObstacle(node: Node, passes: Passes): string | undefined {
  const { opType } = node;
  if (unchangedOperators.has(opType)) return undefined;
  if (!isChangedOperator(opType)) return `${opType} is not known to mean the same there`;
  const rule: OpsetRule = opsetRules[opType];
  const reason = rule.obstacle?.(node, passes);
  return reason === undefined ? undefined : `${opType}: ${reason}`;
}

/** Limits of Clip and Pad become float32 inputs, which another element type would not accept. */
function halfFloatObstacle(model: Model, passes: Passes): OpsetObstacle | undefined {
  if (!passes(11)) return undefined;
  const found = [...allNodes(model.graph)].find(
    (node) => node.domain === '' && ['Clip', 'Pad'].includes(node.opType),
  );
  if (found === undefined || !tensorDtypes(model).has('float16')) return undefined;
  return { node: found, detail: `${found.opType} of a float16 model` };
}

/** Rewrites the nodes inside an edit and sets the version. Call only when `opsetObstacle` found none. */
export function raiseOpset(edit: ModelEdit, to: number): void {
  const from = modelOpset(edit.model);
  if (from >= to) return;
  const passes: Passes = (version) => from < version && version <= to;
  for (const node of [...allNodes(edit.model.graph)]) {
    if (node.domain === '' && isChangedOperator(node.opType))
      opsetRules[node.opType].rewrite(edit, node, passes);
  }
  edit.setOpset('', to);
}

/**
 * Raises the file format's version, for element types it did not know (int4: 10, int2: 13). From version 4 on, an initializer that is
 * also listed as an input may be overridden by the caller; before, all had to be listed, so the listing goes.
 */
export function raiseIrVersion(edit: ModelEdit, to: number): void {
  const { model } = edit;
  if (model.irVersion >= to) return;
  if (model.irVersion < 4)
    for (const input of [...model.graph.inputs])
      if (input.constant !== undefined) edit.removeInput(input);
  edit.setIrVersion(to);
}
