import { quietTask } from '../../src/engine/core/index.ts';
import {
  buildModel,
  intsAttribute,
  type Model,
  type ModelEdit,
  type Value,
} from '../../src/engine/graph/index.ts';
import { toModelFile } from '../../src/engine/onnx/index.ts';
import { measureShapes, type Feeds, type RuntimeTensor } from '../../src/engine/runtime/index.ts';
import { float32Tensor } from '../../src/engine/tensor/index.ts';
import { crossEntropy, initialState, sgd, trainingGraph } from '../../src/engine/train/index.ts';
import { createNodeRuntime } from '../../src/cli/node-runtime.ts';
import type { Task, Trainer } from './task.ts';

/** This project's gradient graph, on ONNX Runtime's web build or its native one. */
export async function ownTrainer(
  task: Task,
  backend: 'wasm' | 'native',
  threads = 1,
): Promise<Trainer> {
  const runtime = await createNodeRuntime(backend, threads);
  const model = network(task);
  const feeds = batchFeeds(task);
  const image = feeds['image'] as RuntimeTensor;
  const graph = trainingGraph(model, {
    shapes: await measureShapes(model, runtime, { image }, quietTask),
    loss: crossEntropy({ smoothing: 0 }),
    optimizer: sgd({ momentum: task.momentum, nesterov: false, weightDecay: 0 }),
  });
  const session = await runtime.create(toModelFile(graph.model), {
    carried: graph.state.map((slot) => slot.output),
  });
  const run = await session.carry({ pairs: graph.state, initial: initialState(graph) });
  const rate = new Uint8Array(Float32Array.of(task.learningRate).buffer);
  const fed = {
    ...feeds,
    [graph.learningRate]: { dtype: 'float32', dims: [], data: rate } as const,
  };
  return {
    name: `${backend === 'wasm' ? 'gradient graph, WASM' : 'gradient graph, native'}${threads > 1 ? ` × ${threads}` : ''}`,
    async step() {
      const { loss } = await run.step(fed, [graph.loss]);
      const bytes = loss?.data as Uint8Array;
      return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
    },
    async release() {
      await run.release();
      await runtime.dispose();
    },
  };
}

function batchFeeds({ batch, images, labels }: Task): Feeds {
  const classes = BigInt64Array.from(labels, BigInt);
  return {
    image: { dtype: 'float32', dims: [batch, 1, 28, 28], data: new Uint8Array(images.buffer) },
    labels: { dtype: 'int64', dims: [batch], data: new Uint8Array(classes.buffer) },
  };
}

const network = ({ weights }: Task): Model =>
  buildModel(18, (edit: ModelEdit) => {
    const image = edit.addInput('image', {
      kind: 'tensor',
      dtype: 'float32',
      dims: ['batch', 1, 28, 28],
    });
    const constant = (name: keyof Task['weights']): Value =>
      edit.addConstant(name, float32Tensor(weights[name].dims, weights[name].values));
    const conv = (x: Value, kernel: Value, bias: Value, pad: number): Value =>
      edit.op('Relu', [
        edit.op('Conv', [x, kernel, bias], {
          strides: intsAttribute([2, 2]),
          pads: intsAttribute([pad, pad, pad, pad]),
        }),
      ]);
    const first = conv(image, constant('conv1'), constant('bias1'), 2);
    const second = conv(first, constant('conv2'), constant('bias2'), 1);
    const flat = edit.op('Flatten', [second]);
    edit.addOutput(edit.op('Gemm', [flat, constant('linear'), constant('bias3')]));
  });
