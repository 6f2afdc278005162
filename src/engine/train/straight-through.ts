import { buildModel, type ModelEdit, type Node, type Value } from '../graph/index.ts';
import { localFunction } from '../onnx/index.ts';

/**
 * The straight-through estimator (Bengio, Léonard & Courville 2013, arXiv:1308.3432): forward what was rounded, backward as if nothing
 * had been. As an operator of its own, a function in the file whose body is Identity, because no standard one has two faces:
 *
 *   y = StraightThrough(real, shown)        y = shown        dL/dreal = dL/dy        dL/dshown = 0
 *
 * Clipping is left to `real`: a Clip there stops the gradient of what lies outside the grid, as Jacob et al. (2018) do it.
 */
export const straightThroughDomain = 'whittle';
export const straightThroughName = 'StraightThrough';

export const isStraightThrough = (node: Node): boolean =>
  node.domain === straightThroughDomain && node.opType === straightThroughName;

/** `shown`, with the gradient of `real`; both of the same shape, float32. */
export function straightThrough(edit: ModelEdit, real: Value, shown: Value): Value {
  const opset = edit.model.opsets.get('') ?? 0;
  edit.setOpset(straightThroughDomain, 1);
  edit.addFunction(functionOf(opset));
  const node = edit.addNode(straightThroughName, [real, shown], { domain: straightThroughDomain });
  return node.outputs[0] as Value;
}

function functionOf(opset: number) {
  const body = buildModel(opset, (e) => {
    e.addInput('real', { kind: 'tensor', dtype: undefined, dims: undefined });
    const shown = e.addInput('shown', { kind: 'tensor', dtype: undefined, dims: undefined });
    e.addOutput(e.op('Identity', [shown]));
  });
  return localFunction(straightThroughDomain, straightThroughName, body);
}
