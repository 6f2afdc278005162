import { edit, floatAttribute, isOp, type Model } from '../../../graph/index.ts';

/**
 * How much of their running statistics norms of batches keep from step to step while a model learns. The usual 0.9 is made for epochs of many
 * steps; where a small set has few, statistics that old make a good student look bad when it is validated. What was known an epoch before is
 * to count for a twentieth (e⁻³), with batches of 16 as small sets have them. Only
 * for weights that change much: where the statistics of the file hold, they are better than those of a few batches. The file keeps what it says.
 */
export function withNormMomentum(model: Model, samples: number): Model {
  const momentum = Math.min(0.9, Math.exp(-3 / Math.max(1, samples / 16)));
  const norms = model.graph.nodes.filter((node) => isOp(node, 'BatchNormalization'));
  if (norms.length === 0 || momentum === 0.9) return model;
  return edit(model, (e) => {
    for (const norm of norms) e.setAttribute(e.node(norm), 'momentum', floatAttribute(momentum));
  });
}
