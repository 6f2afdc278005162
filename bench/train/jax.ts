import { howToInstall, loadPeer } from './peers.ts';
import type { Task, Trainer, Weight } from './task.ts';

/** jax-js on its WASM device, the whole step jitted. Arrays count their references: `ref` keeps one that is used again. */
interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  sum(): JaxArray;
  reshape(dims: readonly number[]): JaxArray;
  data(): Promise<Float32Array>;
}
type Parameters = Record<keyof Task['weights'], JaxArray>;
interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): void;
  numpy: {
    array(values: Float32Array | Int32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    zerosLike(a: JaxArray): JaxArray;
  };
  lax: {
    convGeneralDilated(
      x: JaxArray,
      kernel: JaxArray,
      strides: readonly number[],
      padding: readonly (readonly number[])[],
    ): JaxArray;
  };
  nn: {
    relu(x: JaxArray): JaxArray;
    logSoftmax(x: JaxArray, axis: number): JaxArray;
    oneHot(indices: JaxArray, classes: number): JaxArray;
  };
  valueAndGrad(
    loss: (parameters: Parameters, images: JaxArray, targets: JaxArray) => JaxArray,
  ): (parameters: Parameters, images: JaxArray, targets: JaxArray) => [JaxArray, Parameters];
  jit<F>(work: F): F;
}

const names = ['conv1', 'bias1', 'conv2', 'bias2', 'linear', 'bias3'] as const;
const each = (make: (name: keyof Parameters) => JaxArray): Parameters =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Parameters;
const again = (parameters: Parameters): Parameters => each((name) => parameters[name].ref);

/** Returns how to install it where it is missing. */
export async function jaxTrainer(task: Task): Promise<Trainer | string> {
  // ONNX Runtime's web build leaves a global Worker in Node, by which jax-js would believe itself in a page and start threads that Node's Worker
  // refuses; and one thread is what is compared.
  Reflect.deleteProperty(globalThis, 'Worker');
  const module = await loadPeer('@jax-js/jax');
  if (module === undefined) return howToInstall('@jax-js/jax');
  const jax = module as Jax;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { numpy, nn, lax } = jax;
  const { batch, learningRate, momentum } = task;
  const array = ({ values, dims }: Weight): JaxArray => numpy.array(values).reshape(dims);
  const conv = (x: JaxArray, kernel: JaxArray, bias: JaxArray, pad: number): JaxArray =>
    nn.relu(
      lax
        .convGeneralDilated(
          x,
          kernel,
          [2, 2],
          [
            [pad, pad],
            [pad, pad],
          ],
        )
        .add(bias.reshape([1, -1, 1, 1])),
    );
  const loss = (p: Parameters, images: JaxArray, targets: JaxArray): JaxArray => {
    const features = conv(conv(images, p.conv1, p.bias1, 2), p.conv2, p.bias2, 1);
    const logits = numpy.matmul(features.reshape([batch, 32 * 7 * 7]), p.linear).add(p.bias3);
    return nn
      .logSoftmax(logits, 1)
      .mul(targets)
      .sum()
      .mul(-1 / batch);
  };
  const gradient = jax.valueAndGrad(loss);
  const step = jax.jit(
    (
      p: Parameters,
      v: Parameters,
      images: JaxArray,
      targets: JaxArray,
    ): [JaxArray, Parameters, Parameters] => {
      const [value, g] = gradient(again(p), images, targets);
      const velocity = each((name) => v[name].mul(momentum).add(g[name]));
      const next = each((name) => p[name].sub(velocity[name].ref.mul(learningRate)));
      return [value, next, velocity];
    },
  );
  const images = numpy.array(task.images).reshape([batch, 1, 28, 28]);
  const targets = nn.oneHot(numpy.array(task.labels), 10);
  let parameters = each((name) => array(task.weights[name]));
  let velocity = each((name) => numpy.zerosLike(parameters[name].ref));
  return {
    name: 'jax-js, WASM',
    async step() {
      const [value, next, moved] = step(parameters, velocity, images.ref, targets.ref);
      [parameters, velocity] = [next, moved];
      const [number] = await value.data();
      return number ?? Number.NaN;
    },
    release: () => undefined,
  };
}
