import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  type Model,
  type Value,
} from '../../graph/index.ts';
import { float32Tensor, int64Tensor, makeTensor } from '../../tensor/index.ts';
import { tinyModel, type TinyBuilder } from './tiny-models.ts';
import { bertLike, gptLike, groupedQueryAttention } from './transformers.ts';

/** Small networks with the couplings that real architectures have, one idea each; [0] is what it is called. */
export const architectures: readonly (readonly [string, () => Model])[] = [
  ['residual sums', residual],
  ['dense concatenation', dense],
  ['inverted bottleneck with squeeze-and-excite', inverted],
  ['grouped convolution', grouped],
  ['channel shuffle', shuffle],
  ['split and join', splitJoin],
  ['padded shortcut', paddedShortcut],
  ['U-Net with transposed convolution', unet],
  ['group and instance normalization', groupNorms],
  ['group normalization written out', writtenGroupNorm],
  ['channels last', channelsLast],
  ['pixel shuffle', pixelShuffle],
  ['flatten to a linear layer', flatten],
  ['quantized weights', quantized],
  ['shared biases', sharedBias],
  ['a view whose shape is cast', castView],
  ['recurrent', recurrent],
  ['encoder of BERT', () => bertLike()],
  ['decoder of GPT', () => gptLike()],
  ['grouped-query attention', () => groupedQueryAttention()],
];

const relu = (b: TinyBuilder, x: Value): Value => b.op('Relu', [x]);
const add = (b: TinyBuilder, x: Value, y: Value): Value => b.op('Add', [x, y]);
const image = (b: TinyBuilder): Value => b.input(['batch', 3, 8, 8]);

/** Mean over all places, then a linear layer to four outputs. */
function head(b: TinyBuilder, x: Value, channels: number): void {
  const pooled = b.op('Flatten', [b.op('GlobalAveragePool', [x])], { axis: intAttribute(1) });
  b.output(b.gemm(pooled, 'head', channels, 4));
}

function residual(): Model {
  return tinyModel((b) => {
    let x = relu(b, b.batchNorm(b.conv(image(b), 'stem', 3, 8), 'stem.bn', 8));
    for (const name of ['a', 'b', 'c']) {
      const inner = relu(b, b.batchNorm(b.conv(x, `${name}1`, 8, 12), `${name}1.bn`, 12));
      x = relu(b, add(b, x, b.batchNorm(b.conv(inner, `${name}2`, 12, 8), `${name}2.bn`, 8)));
    }
    const down = b.conv(x, 'down', 8, 16, { kernel: 1, stride: 2 });
    const wide = b.conv(relu(b, b.conv(x, 'd1', 8, 12, { stride: 2 })), 'd2', 12, 16);
    head(b, relu(b, add(b, down, wide)), 16);
  });
}

function dense(): Model {
  return tinyModel((b) => {
    let x = b.conv(image(b), 'stem', 3, 8);
    let channels = 8;
    for (const name of ['a', 'b', 'c']) {
      const normal = relu(b, b.batchNorm(x, `${name}.bn`, channels));
      const grown = b.conv(normal, name, channels, 6);
      x = b.op('Concat', [x, grown], { axis: intAttribute(1) });
      channels += 6;
    }
    head(b, relu(b, x), channels);
  });
}

function inverted(): Model {
  return tinyModel((b) => {
    const x = b.conv(image(b), 'stem', 3, 8);
    const wide = b.op('HardSwish', [b.conv(x, 'expand', 8, 16, { kernel: 1 })]);
    const deep = b.op('HardSwish', [b.depthwise(wide, 'deep', 16)]);
    const squeezed = relu(
      b,
      b.conv(b.op('GlobalAveragePool', [deep]), 'squeeze', 16, 4, { kernel: 1 }),
    );
    const gate = b.op('HardSigmoid', [b.conv(squeezed, 'excite', 4, 16, { kernel: 1 })]);
    const project = b.conv(b.op('Mul', [deep, gate]), 'project', 16, 8, { kernel: 1 });
    head(b, add(b, x, project), 8);
  });
}

const convAttributes = (group: number, pad = 1) => ({
  group: intAttribute(group),
  pads: intsAttribute([pad, pad, pad, pad]),
});

function grouped(): Model {
  return tinyModel((b) => {
    const x = relu(b, b.conv(image(b), 'stem', 3, 12));
    const y = b.op(
      'Conv',
      [x, b.weight('g.w', [16, 3, 3, 3]), b.weight('g.b', [16])],
      convAttributes(4),
    );
    head(b, relu(b, b.conv(relu(b, y), 'out', 16, 8)), 8);
  });
}

function shuffle(): Model {
  return tinyModel((b) => {
    const x = b.conv(image(b), 'stem', 3, 16);
    const [left, right] = b.e.addNode('Split', [x], {
      outputs: 2,
      attributes: { axis: intAttribute(1) },
    }).outputs as [Value, Value];
    const branch = b.conv(
      relu(b, b.depthwise(relu(b, b.conv(right, 'r1', 8, 8)), 'rd', 8)),
      'r2',
      8,
      8,
    );
    const joined = b.op('Concat', [left, branch], { axis: intAttribute(1) });
    const apart = b.op('Reshape', [joined, b.integers('apart', [0, 2, 8, 8, 8])]);
    const turned = b.op('Transpose', [apart], { perm: intsAttribute([0, 2, 1, 3, 4]) });
    const mixed = b.op('Reshape', [turned, b.integers('mixed', [-1, 16, 8, 8])]);
    head(b, relu(b, b.conv(mixed, 'last', 16, 12)), 12);
  });
}

function splitJoin(): Model {
  return tinyModel((b) => {
    const x = relu(b, b.conv(image(b), 'stem', 3, 16));
    const range = (start: number, end: number, name: string): Value =>
      b.op('Slice', [
        x,
        b.integers(`${name}.start`, [start]),
        b.integers(`${name}.end`, [end]),
        b.integers(`${name}.axis`, [1]),
      ]);
    const first = b.conv(range(0, 6, 'first'), 'c1', 6, 10);
    const second = b.op('Sigmoid', [range(6, 16, 'second')]);
    head(b, b.op('Mul', [first, second]), 10);
  });
}

/** ResNet's option A: a strided shortcut whose missing channels are zeros. */
function paddedShortcut(): Model {
  return tinyModel((b) => {
    const x = relu(b, b.conv(image(b), 'stem', 3, 8));
    const step = b.op('Slice', [
      x,
      b.integers('starts', [0, 0]),
      b.integers('ends', [8, 8]),
      b.integers('axes', [2, 3]),
      b.integers('steps', [2, 2]),
    ]);
    const padded = b.op('Pad', [step, b.integers('pads', [0, 4, 0, 0, 0, 4, 0, 0])]);
    const y = b.conv(relu(b, b.conv(x, 'a', 8, 12, { stride: 2 })), 'b', 12, 16);
    head(b, relu(b, add(b, y, padded)), 16);
  });
}

function unet(): Model {
  return tinyModel((b) => {
    const top = relu(b, b.conv(image(b), 'down1', 3, 8));
    const low = relu(
      b,
      b.conv(
        b.op('MaxPool', [top], {
          kernel_shape: intsAttribute([2, 2]),
          strides: intsAttribute([2, 2]),
        }),
        'down2',
        8,
        12,
      ),
    );
    const up = b.op(
      'ConvTranspose',
      [low, b.weight('up.w', [12, 10, 2, 2]), b.weight('up.b', [10])],
      {
        strides: intsAttribute([2, 2]),
      },
    );
    const grown = b.op(
      'Resize',
      [low, undefined, b.e.addConstant('scales', float32Tensor([4], [1, 1, 2, 2]))],
      { mode: stringAttribute('nearest') },
    );
    const joined = b.op('Concat', [top, up, grown], { axis: intAttribute(1) });
    const slope = b.weight('slope', [12, 1, 1]);
    head(b, b.op('PRelu', [b.conv(joined, 'merge', 30, 12), slope]), 12);
  });
}

function groupNorms(): Model {
  return tinyModel((b) => {
    const x = b.conv(image(b), 'stem', 3, 12);
    const normal = b.op('GroupNormalization', [x, b.weight('gn.s', [4]), b.weight('gn.b', [4])], {
      num_groups: intAttribute(4),
      epsilon: floatAttribute(1e-4),
    });
    const y = b.conv(relu(b, normal), 'next', 12, 10);
    head(b, b.op('InstanceNormalization', [y, b.weight('in.s', [10]), b.weight('in.b', [10])]), 10);
  }, 18);
}

/** As PyTorch exports it: groups as channels of an InstanceNormalization, and back by the measured shape. */
function writtenGroupNorm(): Model {
  return tinyModel((b) => {
    const x = b.conv(image(b), 'stem', 3, 12);
    const apart = b.op('Reshape', [x, b.integers('groups', [0, 3, -1])]);
    const ones = b.e.addConstant('ones', float32Tensor([3], [1, 1, 1]));
    const zeros = b.e.addConstant('zeros', float32Tensor([3], [0, 0, 0]));
    const normal = b.op('InstanceNormalization', [apart, ones, zeros]);
    const back = b.op('Reshape', [normal, b.op('Shape', [x])]);
    const scaled = b.op('Mul', [back, b.weight('gamma', [12, 1, 1])]);
    head(b, relu(b, add(b, scaled, b.weight('beta', [12, 1, 1]))), 12);
  });
}

/** TensorFlow's layout between the convolutions. */
function channelsLast(): Model {
  return tinyModel((b) => {
    const turn = (x: Value, perm: readonly number[]): Value =>
      b.op('Transpose', [x], { perm: intsAttribute(perm) });
    const x = turn(b.conv(image(b), 'stem', 3, 12), [0, 2, 3, 1]);
    const scaled = add(b, b.op('Mul', [x, b.weight('scale', [12])]), b.weight('shift', [12]));
    const y = b.conv(turn(relu(b, scaled), [0, 3, 1, 2]), 'next', 12, 8);
    const mean = b.op('ReduceMean', [turn(y, [0, 2, 3, 1])], {
      axes: intsAttribute([1, 2]),
      keepdims: intAttribute(0),
    });
    b.output(add(b, b.op('MatMul', [mean, b.weight('fc', [8, 4])]), b.weight('fc.b', [4])));
  });
}

function pixelShuffle(): Model {
  return tinyModel((b) => {
    const x = relu(b, b.conv(image(b), 'stem', 3, 24));
    const large = b.op('DepthToSpace', [x], {
      blocksize: intAttribute(2),
      mode: stringAttribute('CRD'),
    });
    const small = b.op('SpaceToDepth', [relu(b, b.conv(large, 'mid', 6, 5))], {
      blocksize: intAttribute(2),
    });
    head(b, relu(b, b.conv(small, 'last', 20, 8)), 8);
  });
}

function flatten(): Model {
  return tinyModel((b) => {
    const pool = { kernel_shape: intsAttribute([2, 2]), strides: intsAttribute([2, 2]) };
    const x = b.op('AveragePool', [relu(b, b.conv(image(b), 'stem', 3, 6))], pool);
    const rows = b.op('Reshape', [x, b.integers('rows', [-1, 96])]);
    const hidden = relu(b, b.gemm(rows, 'fc1', 96, 20));
    b.output(b.gemm(hidden, 'fc2', 20, 4));
  });
}

/** The lengths of a view come out of a Cast, so that no constant piece of them can be changed. */
function castView(): Model {
  return tinyModel((b) => {
    const x = relu(b, b.gemm(b.input(['batch', 6]), 'first', 6, 12));
    const batch = b.op('Slice', [
      b.op('Shape', [x]),
      b.integers('from', [0]),
      b.integers('to', [1]),
    ]);
    const lengths = b.op('Concat', [batch, b.integers('tail', [3, 4, 1])], {
      axis: intAttribute(0),
    });
    const cast = b.op('Cast', [lengths], { to: intAttribute(6) });
    const view = b.op('Reshape', [x, b.op('Cast', [cast], { to: intAttribute(7) })]);
    const joined = b.op('Reshape', [b.op('Tanh', [view]), b.integers('joined', [-1, 12])]);
    b.output(b.gemm(joined, 'head', 12, 4));
  });
}

/** Weights as int8 with a scale for each output channel. */
function quantized(): Model {
  return tinyModel((b) => {
    const stored = (name: string, dims: readonly [number, number, number, number]): Value => {
      const count = dims[0] * dims[1] * dims[2] * dims[3];
      const bytes = Uint8Array.from({ length: count }, (_, i) => (i * 37) % 251);
      const weight = b.e.addConstant(name, makeTensor('int8', dims, bytes));
      const scale = b.e.addConstant(
        `${name}.scale`,
        float32Tensor(
          [dims[0]],
          Float32Array.from({ length: dims[0] }, (_, i) => 0.002 + 0.0005 * i),
        ),
      );
      return b.op('DequantizeLinear', [weight, scale], { axis: intAttribute(0) });
    };
    const x = relu(b, b.op('Conv', [image(b), stored('a', [8, 3, 3, 3])], convAttributes(1)));
    head(b, relu(b, b.op('Conv', [x, stored('b', [10, 8, 3, 3])], convAttributes(1))), 10);
  });
}

/** One stored vector is the bias of two layers that have nothing else to do with each other. */
function sharedBias(): Model {
  return tinyModel((b) => {
    const bias = b.weight('bias', [8]);
    const first = b.op('Conv', [image(b), b.weight('a', [8, 3, 3, 3]), bias], convAttributes(1));
    const second = b.op(
      'Conv',
      [relu(b, first), b.weight('b', [8, 8, 3, 3]), bias],
      convAttributes(1),
    );
    head(b, relu(b, second), 8);
  });
}

function recurrent(): Model {
  return tinyModel((b) => {
    const x = b.input([5, 'batch', 6]);
    const lstm = b.op(
      'LSTM',
      [x, b.weight('w', [1, 32, 6]), b.weight('r', [1, 32, 8]), b.weight('lb', [1, 64])],
      { hidden_size: intAttribute(8) },
    );
    const steps = b.op('Squeeze', [lstm, b.integers('direction', [1])]);
    const last = b.op('Gather', [steps, b.e.addConstant('last', int64Tensor([], [-1]))], {
      axis: intAttribute(0),
    });
    b.output(b.gemm(last, 'out', 8, 4));
  });
}
