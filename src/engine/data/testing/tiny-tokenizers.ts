/** Tokenizer files small enough to check by hand. */

/** BERT's kind: [PAD] 0, [CLS] 1, [SEP] 2, [UNK] 3, then pieces. */
export const wordPieceFile = {
  version: '1.0',
  added_tokens: ['[PAD]', '[CLS]', '[SEP]', '[UNK]'].map((content, id) => ({
    id,
    content,
    special: true,
  })),
  normalizer: { type: 'BertNormalizer', lowercase: true, clean_text: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: {
      '[PAD]': 0,
      '[CLS]': 1,
      '[SEP]': 2,
      '[UNK]': 3,
      a: 4,
      free: 5,
      mail: 6,
      '##s': 7,
      '!': 8,
    },
  },
};

/** One token per letter a to h: ids 0 to 7. No special tokens. */
export const letterFile = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
  post_processor: null,
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    vocab: { a: 0, b: 1, c: 2, d: 3, e: 4, f: 5, g: 6, h: 7 },
    merges: [],
  },
};
