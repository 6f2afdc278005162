import {
  buildModel,
  intAttribute,
  intsAttribute,
  type Value,
} from '../../../src/engine/graph/index.ts';
import { int64Tensor } from '../../../src/engine/tensor/index.ts';
import { opset } from '../build-network.ts';
import { transformerLayers } from '../text/transformer-layers.ts';
import type { TextArchitecture } from '../text/text-architecture.ts';

const width = 128;
const heads = 4;
const depth = 4;
const context = 128;

/**
 * GPT-2's plan, small (Radford et al. 2019): words and positions embedded, four layers of LayerNormalization, causal attention and GELU, and the
 * table of words once more as the output layer. `input_ids` int64 [batch, sequence] → `logits` float32 [batch, sequence, vocabulary]:
 * the scores of the token behind each one.
 *
 * There is no KV-cache: at this size the whole prefix of at most 128 tokens takes about twenty milliseconds (WASM, one thread), and without
 * one the same graph is trained, measured, compressed and generated with.
 */
export const story: TextArchitecture = {
  name: 'story',
  task: 'language-model',
  title: { en: 'Sea story', ko: '바다 이야기' },
  description: {
    en: 'Continues a text in the manner of Moby-Dick. A small GPT-style language model with four layers.',
    ko: '『모비 딕』의 문체로 글을 이어 씁니다. 네 층짜리 작은 GPT형 언어 모델입니다.',
  },
  tokenizer: { kind: 'byteLevel', size: 4096 },
  context,
  build: (vocabulary, rng) =>
    buildModel(
      opset,
      (edit) => {
        const layers = transformerLayers(edit, rng);
        const ids = edit.addInput('input_ids', {
          kind: 'tensor',
          dtype: 'int64',
          dims: ['batch', 'sequence'],
        });
        const words = layers.table('wte', vocabulary, width);
        const places = layers.embedding(
          layers.table('wpe', context, width),
          layers.positions(ids, context),
        );
        const mask = layers.causalMask(ids, context);
        let x = edit.op('Add', [layers.embedding(words, ids), places]);
        for (let i = 0; i < depth; i++) x = decoderLayer(`h.${i}`, x);
        const last = layers.layerNorm(x, 'ln_f', width);
        const logits = edit.op('MatMul', [
          last,
          edit.op('Transpose', [words], { perm: intsAttribute([1, 0]) }),
        ]);
        edit.rename(logits, 'logits');
        edit.setType(logits, {
          kind: 'tensor',
          dtype: 'float32',
          dims: ['batch', 'sequence', vocabulary],
        });
        edit.addOutput(logits);

        function decoderLayer(name: string, from: Value): Value {
          // The layers that write into the residual stream start smaller, by the number of them (Radford et al. 2019, §2.3).
          const gain = 1 / Math.sqrt(2 * depth);
          const normed = layers.layerNorm(from, `${name}.ln_1`, width);
          const joint = layers.linear(normed, `${name}.attn.c_attn`, width, 3 * width);
          const sizes = edit.addConstant(
            `${name}.attn.split`,
            int64Tensor([3], [width, width, width]),
          );
          const [q, k, v] = edit.addNode('Split', [joint, sizes], {
            name: `/${name.replace(/\./g, '/')}/attn/Split`,
            outputs: 3,
            attributes: { axis: intAttribute(2) },
          }).outputs as readonly [Value, Value, Value];
          const split = (part: Value): Value => layers.splitHeads(part, heads, width);
          const mixed = layers.attend(split(q), split(k), split(v), mask, heads, width);
          const attended = edit.op('Add', [
            from,
            layers.linear(mixed, `${name}.attn.c_proj`, width, width, gain),
          ]);
          const inner = layers.gelu(
            layers.linear(
              layers.layerNorm(attended, `${name}.ln_2`, width),
              `${name}.mlp.c_fc`,
              width,
              4 * width,
            ),
          );
          return edit.op('Add', [
            attended,
            layers.linear(inner, `${name}.mlp.c_proj`, 4 * width, width, gain),
          ]);
        }
      },
      'story',
    ),
  training: {
    seed: 5,
    epochs: 14,
    batchSize: 4,
    peakLearningRate: 1e-3,
    warmup: 0.05,
    weightDecay: 0.1,
    labelSmoothing: 0,
    averageDecay: 0.998,
  },
};
