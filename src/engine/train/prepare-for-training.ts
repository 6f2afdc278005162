import { EngineError } from '../core/index.ts';
import { edit, type Model } from '../graph/index.ts';
import {
  hoistConstants,
  modelOpset,
  opsetObstacle,
  raiseIrVersion,
  raiseOpset,
  unfuseAttention,
  unlistWeights,
  unpackWeights,
  widenFloats,
} from '../passes/index.ts';

/** The version of the default domain whose operators a training graph is written in, and the file format's that knows it. */
export const trainingOpset = 18;
const trainingIrVersion = 8;

export interface PrepareOptions {
  /**
   * Weights stored as integers behind a DequantizeLinear: 'unpack' (default) makes plain float32 weights of them, which learn; 'keep'
   * leaves them, and they stay as they are.
   */
  readonly quantizedWeights?: 'unpack' | 'keep';
}

/**
 * A model that computes the same function in the form that `trainingGraph` differentiates: opset 18 or later; every constant an
 * initializer (rules read axes, pads and starts there) that no caller overrides; half floats widened to float32, inputs and outputs
 * included; stored integers unpacked; fused attention written out. A model that has this form already is returned as it is. Train the model returned, not the one
 * given: the weights that learn are its constants.
 * Throws `train/no-rule` naming the operator that has no form in opset 18, or when the model is older than opset 7.
 */
export function prepareForTraining(model: Model, options: PrepareOptions = {}): Model {
  const hoisted = hoistConstants(model, 'all');
  const listed = raiseFormat(hoisted);
  const widened = widenFloats(unlistWeights(listed));
  const unpacked = options.quantizedWeights === 'keep' ? widened : unpackWeights(widened);
  return unfuseAttention(raise(unpacked));
}

const raiseFormat = (model: Model): Model =>
  model.irVersion >= trainingIrVersion
    ? model
    : edit(model, (change) => raiseIrVersion(change, trainingIrVersion));

function raise(model: Model): Model {
  if (modelOpset(model) >= trainingOpset) return model;
  const obstacle = opsetObstacle(model, trainingOpset);
  if (obstacle !== undefined)
    throw new EngineError('train/no-rule', {
      where: obstacle.node?.name || obstacle.node?.outputs[0]?.name || model.graph.name,
      detail: `${obstacle.detail}, and training needs opset ${trainingOpset}`,
      hint: `Export the model again with opset ${trainingOpset} or later`,
    });
  return edit(model, (change) => raiseOpset(change, trainingOpset));
}
