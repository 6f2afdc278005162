import { Tokenizer } from '@huggingface/tokenizers';
import { mergePairs } from './merge-pairs.ts';

/**
 * Tokenizers learned from the training texts, in the `tokenizer.json` format of the Hugging Face library. Words are cut by the
 * very library that will cut them later.
 *  - `wordPiece`: BERT's: lower case, no accents, words and punctuation; `[CLS] … [SEP]` around. The pieces are those that byte pair encoding
 *    finds with `##` on what continues a word (as the library's own trainer makes them); text is then cut by longest match.
 *  - `byteLevel`: GPT-2's: every text can be written, nothing is unknown, spaces belong to the word behind them.
 */
export type TokenizerKind = 'wordPiece' | 'byteLevel';

export interface TokenizerFile {
  readonly version: string;
  readonly added_tokens: readonly object[];
  readonly normalizer: object | null;
  readonly pre_tokenizer: object;
  readonly post_processor: object | null;
  readonly decoder: object;
  readonly model: object;
  readonly truncation: null;
  readonly padding: null;
}

const special = { pad: '[PAD]', unknown: '[UNK]', start: '[CLS]', end: '[SEP]' } as const;

export function trainTokenizer(
  kind: TokenizerKind,
  texts: readonly string[],
  size: number,
): TokenizerFile {
  return kind === 'wordPiece' ? wordPiece(texts, size) : byteLevel(texts, size);
}

const added = (tokens: readonly string[]): object[] =>
  tokens.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));

function wordPiece(texts: readonly string[], size: number): TokenizerFile {
  const normalizer = {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  };
  const pre_tokenizer = { type: 'BertPreTokenizer' };
  const given = Object.values(special);
  const prefix = '##';
  const { symbols } = mergePairs({
    words: countWords(texts, normalizer, pre_tokenizer),
    size,
    split: (word) => Array.from(word, (letter, i) => (i === 0 ? letter : prefix + letter)),
    given,
    join: (left, right) => left + right.replace(/^##/, ''),
    lowestCount: 2,
  });
  const mark = (id: number, content: string): [string, object] => [
    content,
    { id: content, ids: [id], tokens: [content] },
  ];
  const around = [
    { SpecialToken: { id: special.start, type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: special.end, type_id: 0 } },
  ];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added(given),
    normalizer,
    pre_tokenizer,
    post_processor: {
      type: 'TemplateProcessing',
      single: around,
      pair: [
        ...around,
        { Sequence: { id: 'B', type_id: 1 } },
        { SpecialToken: { id: special.end, type_id: 1 } },
      ],
      special_tokens: Object.fromEntries([
        mark(given.indexOf(special.start), special.start),
        mark(given.indexOf(special.end), special.end),
      ]),
    },
    decoder: { type: 'WordPiece', prefix, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: special.unknown,
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(symbols.map((symbol, id) => [symbol, id])),
    },
  };
}

function byteLevel(texts: readonly string[], size: number): TokenizerFile {
  const pre_tokenizer = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  };
  const given = byteLetters();
  const { symbols, merges } = mergePairs({
    words: countWords(texts, null, pre_tokenizer),
    size,
    split: (word) => Array.from(word),
    given,
    join: (left, right) => left + right,
    lowestCount: 2,
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer,
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(symbols.map((symbol, id) => [symbol, id])),
      merges: merges.map((pair) => pair.join(' ')),
    },
  };
}

/** GPT-2's letters for the 256 bytes: printable ones stand for themselves, the others for letters from 256 on. */
function byteLetters(): string[] {
  let next = 256;
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : next++),
  );
}

/** The words that the library cuts the texts into. */
function countWords(
  texts: readonly string[],
  normalizer: object | null,
  pre_tokenizer: object,
): Map<string, number> {
  const library = new Tokenizer(
    {
      normalizer,
      pre_tokenizer,
      decoder: null,
      post_processor: null,
      added_tokens: [],
      model: { type: 'WordPiece', unk_token: '?', vocab: { '?': 0 } },
    },
    {},
  );
  const words = new Map<string, number>();
  for (const text of texts)
    for (const word of library.pre_tokenizer?.pre_tokenize(
      library.normalizer?.normalize(text) ?? text,
    ) ?? [])
      words.set(word, (words.get(word) ?? 0) + 1);
  return words;
}
