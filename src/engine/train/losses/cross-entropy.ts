import { EngineError } from '../../core/index.ts';
import { intAttribute, isOp, type Value } from '../../graph/index.ts';
import { float32Tensor, int64Tensor } from '../../tensor/index.ts';
import { div, indicator, mul, reduceMean, reduceSum, sub } from '../gradients/expressions.ts';
import type { Loss } from './loss.ts';

/**
 * Softmax cross-entropy with label smoothing ε over K classes (Szegedy et al. 2016): the target is
 * 1 - ε + ε/K for the label and ε/K elsewhere; L = -mean Σ target · log softmax(z), dL/dz =
 * (softmax(z) - target) / batch. Takes logits [batch, K]; where the network ends in a Softmax, the
 * loss attaches to its input. Adds the input `labels`, int64 [batch], and the metric `correct`:
 * how many of the batch were right.
 */
export function crossEntropy(options: { readonly smoothing: number }): Loss {
  return {
    build({ edit, outputs, dims }) {
      const logits = logitsOf(outputs[0]);
      const shape = dims(logits);
      const classes = shape[1];
      if (shape.length !== 2 || classes === undefined)
        throw new EngineError('data/mismatch', {
          where: logits.name,
          detail: `cross-entropy needs class scores [batch, classes], not ${shape.length} dimensions`,
        });
      const labels = edit.addInput('labels', { kind: 'tensor', dtype: 'int64', dims: ['batch'] });
      const rest = options.smoothing / classes;
      const target = edit.op('OneHot', [
        labels,
        edit.addConstant('classes', int64Tensor([], [classes])),
        edit.addConstant('target', float32Tensor([2], [rest, 1 - options.smoothing + rest])),
      ]);
      const logProbabilities = edit.op('LogSoftmax', [logits], { axis: intAttribute(1) });
      const perSample = reduceSum(edit, mul(edit, target, logProbabilities), [1], false);
      const loss = edit.op('Neg', [reduceMean(edit, perSample, [0], false)]);
      const batch = edit.op('Cast', [edit.op('Size', [labels])], { to: intAttribute(1) });
      const gradient = div(edit, sub(edit, edit.op('Exp', [logProbabilities]), target), batch);
      const predicted = edit.op('ArgMax', [logits], {
        axis: intAttribute(1),
        keepdims: intAttribute(0),
      });
      const correct = reduceSum(
        edit,
        indicator(edit, edit.op('Equal', [predicted, labels])),
        [0],
        false,
      );
      return {
        loss,
        gradients: [{ of: logits, gradient }],
        inputs: [labels],
        metrics: new Map([['correct', correct]]),
      };
    },
  };
}

/** The values a final Softmax normalizes, or the output itself. */
function logitsOf(output: Value | undefined): Value {
  if (output === undefined)
    throw new EngineError('graph/invalid', {
      where: 'graph',
      detail: 'the model has no output to train on',
    });
  const producer = output.producer;
  return isOp(producer, 'Softmax') && producer.inputs[0] !== undefined
    ? producer.inputs[0]
    : output;
}
