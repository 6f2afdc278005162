import { howToInstall, loadPeer } from './peers.ts';
import type { Task, Trainer, Weight } from './task.ts';

/** TensorFlow.js on its plain JavaScript backend (its WASM backend has no gradient of a convolution). Only what is used of it is typed. */
interface TfTensor {
  data(): Promise<Float32Array>;
  relu(): TfTensor;
  add(other: TfTensor): TfTensor;
  reshape(dims: readonly number[]): TfTensor;
  matMul(other: TfTensor): TfTensor;
  transpose(axes: readonly number[]): TfTensor;
  dispose(): void;
}
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(values: Float32Array | Int32Array, dims: readonly number[], dtype?: string): TfTensor;
  variable(initial: TfTensor): TfTensor;
  oneHot(indices: TfTensor, depth: number): TfTensor;
  conv2d(
    x: TfTensor,
    kernel: TfTensor,
    strides: readonly number[],
    pad: readonly (readonly number[])[],
  ): TfTensor;
  losses: { softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor };
  train: {
    momentum(
      rate: number,
      momentum: number,
    ): { minimize(loss: () => TfTensor, returnCost: boolean): TfTensor };
  };
}

/** Returns how to install it where it is missing. */
export async function tensorflowTrainer(task: Task): Promise<Trainer | string> {
  const module = await loadPeer('@tensorflow/tfjs');
  if (module === undefined) return howToInstall('@tensorflow/tfjs');
  const tf = module as TensorFlow;
  await tf.setBackend('cpu');
  await tf.ready();
  const { weights, batch } = task;
  const constant = ({ values, dims }: Weight): TfTensor => tf.tensor(values, dims);
  // NHWC, kernels [height, width, in, out]; the linear layer reads its inputs in the order NHWC flattens to.
  const kernel = (weight: Weight): TfTensor =>
    tf.variable(constant(weight).transpose([2, 3, 1, 0]));
  const variable = (weight: Weight): TfTensor => tf.variable(constant(weight));
  const byChannel = tf.tensor(weights.linear.values, [32, 7, 7, 10]).transpose([1, 2, 0, 3]);
  const linear = tf.variable(byChannel.reshape([32 * 7 * 7, 10]));
  const [conv1, conv2] = [kernel(weights.conv1), kernel(weights.conv2)];
  const [bias1, bias2, bias3] = [weights.bias1, weights.bias2, weights.bias3].map(variable) as [
    TfTensor,
    TfTensor,
    TfTensor,
  ];
  const images = tf.tensor(task.images, [batch, 28, 28, 1]);
  const labels = tf.oneHot(tf.tensor(task.labels, [batch], 'int32'), 10);
  const padded = (pad: number) => [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ];
  const loss = (): TfTensor => {
    const first = tf.conv2d(images, conv1, [2, 2], padded(2)).add(bias1).relu();
    const second = tf.conv2d(first, conv2, [2, 2], padded(1)).add(bias2).relu();
    const logits = second
      .reshape([batch, 32 * 7 * 7])
      .matMul(linear)
      .add(bias3);
    return tf.losses.softmaxCrossEntropy(labels, logits);
  };
  const optimizer = tf.train.momentum(task.learningRate, task.momentum);
  return {
    name: 'TensorFlow.js, CPU backend',
    async step() {
      const cost = optimizer.minimize(loss, true);
      const [value] = await cost.data();
      cost.dispose();
      return value ?? Number.NaN;
    },
    release: () => undefined,
  };
}
