import { buildModel, intAttribute, type Value } from '../../../src/engine/graph/index.ts';
import { float32Tensor, int64Tensor } from '../../../src/engine/tensor/index.ts';
import { opset } from '../build-network.ts';
import { transformerLayers } from '../text/transformer-layers.ts';
import type { TextArchitecture } from '../text/text-architecture.ts';

const width = 128;
const heads = 4;
const depth = 4;
const context = 128;
const classes = 2;

/**
 * BERT's encoder, small (Devlin et al. 2019; the plan of DistilBERT): words and positions embedded, four layers of attention and GELU
 * with LayerNormalization behind each, the mean over the real tokens (Reimers & Gurevych 2019), one tanh layer, class scores.
 * `input_ids`, `attention_mask` int64 [batch, sequence] → `logits` float32 [batch, 2].
 */
export const mail: TextArchitecture = {
  name: 'mail',
  task: 'classification',
  title: { en: 'Spam or not', ko: '스팸 메일 가려내기' },
  description: {
    en: 'Tells spam from wanted mail (SpamAssassin corpus). A small BERT-style encoder with four layers.',
    ko: '스팸과 일반 메일을 구분합니다(SpamAssassin 말뭉치). 네 층짜리 작은 BERT형 인코더입니다.',
  },
  tokenizer: { kind: 'wordPiece', size: 6000 },
  context,
  build: (vocabulary, rng) =>
    buildModel(
      opset,
      (edit) => {
        const layers = transformerLayers(edit, rng);
        const type = { kind: 'tensor', dtype: 'int64', dims: ['batch', 'sequence'] } as const;
        const ids = edit.addInput('input_ids', type);
        const attention = edit.addInput('attention_mask', type);
        const words = layers.embedding(
          layers.table('embeddings.word_embeddings', vocabulary, width),
          ids,
        );
        const places = layers.embedding(
          layers.table('embeddings.position_embeddings', context, width),
          layers.positions(ids, context),
        );
        let x = layers.layerNorm(edit.op('Add', [words, places]), 'embeddings.LayerNorm', width);
        // bool [batch, 1, 1, sequence]
        const keep = edit.op(
          'Cast',
          [
            edit.op('Unsqueeze', [
              attention,
              edit.addConstant('mask_axes', int64Tensor([2], [1, 2])),
            ]),
          ],
          { to: intAttribute(9) },
        );
        for (let i = 0; i < depth; i++) x = encoderLayer(`encoder.layer.${i}`, x, keep);
        const logits = classifier(x);
        edit.rename(logits, 'logits');
        edit.setType(logits, { kind: 'tensor', dtype: 'float32', dims: ['batch', classes] });
        edit.addOutput(logits);

        function encoderLayer(name: string, from: Value, mask: Value): Value {
          const part = (which: string): Value =>
            layers.splitHeads(
              layers.linear(from, `${name}.attention.${which}`, width, width),
              heads,
              width,
            );
          const mixed = layers.attend(
            part('query'),
            part('key'),
            part('value'),
            mask,
            heads,
            width,
          );
          const attended = layers.layerNorm(
            edit.op('Add', [layers.linear(mixed, `${name}.attention.output`, width, width), from]),
            `${name}.attention.LayerNorm`,
            width,
          );
          const inner = layers.gelu(
            layers.linear(attended, `${name}.intermediate`, width, 4 * width),
          );
          return layers.layerNorm(
            edit.op('Add', [layers.linear(inner, `${name}.output`, 4 * width, width), attended]),
            `${name}.output.LayerNorm`,
            width,
          );
        }

        /** Mean over the tokens that are there, tanh, scores. */
        function classifier(hidden: Value): Value {
          const one = edit.addConstant('axis_sequence', int64Tensor([1], [1]));
          const real = edit.op('Cast', [attention], { to: intAttribute(1) });
          const each = edit.op('Unsqueeze', [
            real,
            edit.addConstant('last_axis', int64Tensor([1], [-1])),
          ]);
          const keepdims = { keepdims: intAttribute(0) };
          const sum = edit.op('ReduceSum', [edit.op('Mul', [hidden, each]), one], keepdims);
          const count = edit.op('ReduceSum', [each, one], keepdims);
          const least = edit.addConstant('least_count', float32Tensor([], [1e-9]));
          const mean = edit.op('Div', [sum, edit.op('Clip', [count, least])]);
          return layers.gemm(
            edit.op('Tanh', [layers.gemm(mean, 'pre_classifier', width, width)]),
            'classifier',
            width,
            classes,
          );
        }
      },
      'mail',
    ),
  training: {
    seed: 4,
    epochs: 4,
    batchSize: 16,
    peakLearningRate: 6e-4,
    warmup: 0.1,
    weightDecay: 0.05,
    labelSmoothing: 0.05,
    averageDecay: 0.995,
  },
};
