import { createRng, type Rng } from '../../core/index.ts';
import { intAttribute, intsAttribute, type Model, type Value } from '../../graph/index.ts';
import { tinyModel, type TinyBuilder } from './tiny-models.ts';

/** A seeded network of 6 to 14 random operators over feature maps [batch, C, 6, 6], ending in a linear layer. */
export function randomNetwork(seed: number): Model {
  const rng = createRng(seed).fork('network');
  return tinyModel((b) => {
    const maps: FeatureMap[] = [{ value: b.input(['batch', 3, 6, 6]), channels: 3 }];
    const count = 6 + rng.integer(9);
    // The input itself cannot lose channels: what follows should mostly work on others.
    maps.push(conv(b, maps[0] as FeatureMap, rng, 'stem'));
    for (let i = 0; i < count; i++) {
      const made = pick(steps, rng)(b, maps, rng, `n${i}`);
      if (made !== undefined) maps.push(made);
    }
    finish(b, maps, rng);
  }, 17);
}

interface FeatureMap {
  readonly value: Value;
  readonly channels: number;
}

type Step = (
  b: TinyBuilder,
  maps: readonly FeatureMap[],
  rng: Rng,
  name: string,
) => FeatureMap | undefined;

const pick = <T>(from: readonly T[], rng: Rng): T => from[rng.integer(from.length)] as T;

/** One of the last three. */
const recent = (maps: readonly FeatureMap[], rng: Rng): FeatureMap => pick(maps.slice(-3), rng);

function conv(b: TinyBuilder, { value, channels }: FeatureMap, rng: Rng, name: string): FeatureMap {
  const to = 2 * (1 + rng.integer(6));
  const kernel = pick([1, 3], rng);
  return { value: b.conv(value, name, channels, to, { kernel }), channels: to };
}

const unary =
  (...names: readonly string[]): Step =>
  (b, maps, rng) => {
    const { value, channels } = recent(maps, rng);
    return { value: b.op(pick(names, rng), [value]), channels };
  };

const steps: readonly Step[] = [
  (b, maps, rng, name) => conv(b, recent(maps, rng), rng, name),
  (b, maps, rng, name) => conv(b, recent(maps, rng), rng, name),
  unary('Relu', 'Tanh', 'Sigmoid', 'LeakyRelu'),
  // A sum or product of two maps of equal width.
  (b, maps, rng) => {
    const first = recent(maps, rng);
    const second = pick(
      maps.filter(({ channels }) => channels === first.channels),
      rng,
    );
    return {
      value: b.op(pick(['Add', 'Mul', 'Sub'], rng), [first.value, second.value]),
      channels: first.channels,
    };
  },
  (b, maps, rng) => {
    const [first, second] = [recent(maps, rng), pick(maps, rng)];
    const value = b.op('Concat', [first.value, second.value], { axis: intAttribute(1) });
    return { value, channels: first.channels + second.channels };
  },
  (b, maps, rng, name) => {
    const { value, channels } = recent(maps, rng);
    if (channels < 2) return undefined;
    const start = rng.integer(channels - 1);
    const end = start + 1 + rng.integer(channels - start);
    const sliced = b.op('Slice', [
      value,
      b.integers(`${name}.start`, [start]),
      b.integers(`${name}.end`, [end]),
      b.integers(`${name}.axis`, [1]),
    ]);
    return { value: sliced, channels: end - start };
  },
  (b, maps, rng, name) => {
    const { value, channels } = recent(maps, rng);
    const multiplier = pick([1, 2], rng);
    return {
      value: b.depthwise(value, name, channels, multiplier),
      channels: channels * multiplier,
    };
  },
  (b, maps, rng, name) => {
    const { value, channels } = recent(maps, rng);
    if (channels % 2 !== 0) return undefined;
    const weight = b.weight(`${name}.w`, [channels * 2, channels / 2, 1, 1]);
    return {
      value: b.op('Conv', [value, weight], { group: intAttribute(2) }),
      channels: channels * 2,
    };
  },
  (b, maps, rng, name) => {
    const { value, channels } = recent(maps, rng);
    return { value: b.batchNorm(value, name, channels), channels };
  },
  // Channel shuffle.
  (b, maps, rng, name) => {
    const { value, channels } = recent(maps, rng);
    const groups = pick([2, 3], rng);
    if (channels % groups !== 0) return undefined;
    const apart = b.op('Reshape', [
      value,
      b.integers(`${name}.a`, [0, groups, channels / groups, 6, 6]),
    ]);
    const turned = b.op('Transpose', [apart], { perm: intsAttribute([0, 2, 1, 3, 4]) });
    return { value: b.op('Reshape', [turned, b.integers(`${name}.b`, [0, -1, 6, 6])]), channels };
  },
  // Squeeze and excite.
  (b, maps, rng, name) => {
    const { value, channels } = recent(maps, rng);
    const mean = b.op('GlobalAveragePool', [value]);
    const gate = b.op('Sigmoid', [b.conv(mean, name, channels, channels, { kernel: 1 })]);
    return { value: b.op('Mul', [value, gate]), channels };
  },
  (b, maps, rng, name) => {
    const { value, channels } = recent(maps, rng);
    const [before, behind] = [rng.integer(3), rng.integer(3)];
    const pads = b.integers(`${name}.pads`, [0, before, 0, 0, 0, behind, 0, 0]);
    return { value: b.op('Pad', [value, pads]), channels: channels + before + behind };
  },
  // Channels last and back, with a scale in between.
  (b, maps, rng, name) => {
    const { value, channels } = recent(maps, rng);
    const last = b.op('Transpose', [value], { perm: intsAttribute([0, 2, 3, 1]) });
    const scaled = b.op('Mul', [last, b.weight(`${name}.scale`, [channels])]);
    return { value: b.op('Transpose', [scaled], { perm: intsAttribute([0, 3, 1, 2]) }), channels };
  },
];

function finish(b: TinyBuilder, maps: readonly FeatureMap[], rng: Rng): void {
  const { value, channels } = maps.at(-1) as FeatureMap;
  if (rng.integer(2) === 0) {
    const flat = b.op('Flatten', [value], { axis: intAttribute(1) });
    b.output(b.gemm(flat, 'head', channels * 36, 3));
    return;
  }
  const mean = b.op('Flatten', [b.op('GlobalAveragePool', [value])], { axis: intAttribute(1) });
  b.output(b.gemm(b.op('Relu', [b.gemm(mean, 'hidden', channels, 10)]), 'head', 10, 3));
}
