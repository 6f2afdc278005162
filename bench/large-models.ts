import {
  buildModel,
  createRng,
  float32Tensor,
  int64Tensor,
  intsAttribute,
  type Model,
  type ModelEdit,
  type Rng,
  type Value,
} from '../src/engine/index.ts';

/** Models of a given size with random weights: for figures of time and memory, where what they compute does not matter. */

function randomTensor(rng: Rng, dims: readonly number[]) {
  const values = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  const scale = 1 / Math.sqrt(values.length / (dims[0] ?? 1));
  // A uniform draw is a tenth of the price of a normal one, and no figure depends on it.
  for (let i = 0; i < values.length; i++) values[i] = (rng.next() * 2 - 1) * scale;
  return float32Tensor(dims, values);
}

function conv(
  edit: ModelEdit,
  rng: Rng,
  x: Value,
  from: number,
  to: number,
  kernel: number,
  stride: number,
): Value {
  const weight = edit.addConstant('weight', randomTensor(rng, [to, from, kernel, kernel]));
  const bias = edit.addConstant('bias', randomTensor(rng, [to]));
  const pad = (kernel - 1) / 2;
  const y = edit.op('Conv', [x, weight, bias], {
    kernel_shape: intsAttribute([kernel, kernel]),
    strides: intsAttribute([stride, stride]),
    pads: intsAttribute([pad, pad, pad, pad]),
  });
  return edit.op('Relu', [y]);
}

function output(edit: ModelEdit, value: Value, width: number): void {
  edit.setType(value, { kind: 'tensor', dtype: 'float32', dims: ['batch', width] });
  edit.addOutput(value);
}

/** A plain convolutional network of about 25.4 M parameters, as many as ResNet-50, on 64×64 images: 19 layers of 3×3. */
export function convNet25M(): Model {
  const rng = createRng(25);
  return buildModel(17, (edit) => {
    let x = edit.addInput('image', {
      kind: 'tensor',
      dtype: 'float32',
      dims: ['batch', 3, 64, 64],
    });
    let channels = 3;
    for (const [to, stride, repeats] of [
      [64, 2, 2],
      [128, 2, 3],
      [256, 2, 4],
      [512, 2, 10],
    ] as const)
      for (let i = 0; i < repeats; i++) {
        x = conv(edit, rng, x, channels, to, 3, i === 0 ? stride : 1);
        channels = to;
      }
    const pooled = edit.op('GlobalAveragePool', [x]);
    const flat = edit.op('Flatten', [pooled]);
    const head = edit.addConstant('head', randomTensor(rng, [512, 1000]));
    output(edit, edit.op('MatMul', [flat, head]), 1000);
  });
}

/** Matrices in a row, `megabytes` of float32 weights in all. */
export function matrices(megabytes: number): Model {
  const rng = createRng(100);
  const side = 1024;
  return buildModel(17, (edit) => {
    let x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['batch', side] });
    for (let i = 0; i < Math.round((megabytes * 2 ** 20) / (side * side * 4)); i++)
      x = edit.op('MatMul', [x, edit.addConstant('w', randomTensor(rng, [side, side]))]);
    const shape = edit.addConstant('shape', int64Tensor([2], [-1, side]));
    output(edit, edit.op('Reshape', [x, shape]), side);
  });
}
