import type { Tokenizer as Library } from '@huggingface/tokenizers';
import { EngineError } from '../core/index.ts';
import { isPieceList, tokenizerOfPieces } from './piece-list.ts';

/**
 * Text to tokens and back, by a `tokenizer.json` of the Hugging Face library (read and run by `@huggingface/tokenizers`, which is
 * loaded when the first text is), or by a plain list of pieces with scores as SentencePiece and llama2.c keep them.
 */
export interface TextTokenizer {
  readonly name: string;
  /** Token ids are below this. */
  readonly size: number;
  /** What fills a batch up; never read by a model that takes an attention mask. */
  readonly padId: number;
  /** What the file says a sample may hold at most; undefined where it does not say. */
  readonly maxLength: number | undefined;
  /** The tokens of the text alone. */
  encode(text: string): number[];
  /** At most `length` tokens, with those that the model expects around a text ([CLS] … [SEP]); what is too long loses its end. */
  encodeSample(text: string, length: number): number[];
  /** Tokens that end a text: nothing is generated behind them. */
  readonly endIds: readonly number[];
  /** The tokens of a text that is to be gone on with: with what the model expects before it, and nothing behind. */
  encodePrompt(text: string): number[];
  /** The text of the tokens; special tokens are left out. */
  decode(ids: readonly number[]): string;
}

/** Tokens are shorter than this, so that no more of a text than that many characters a token has to be cut up. */
const longestToken = 64;

/** Reads a tokenizer file. Throws `data/unreadable` when it is none. */
export async function openTokenizer(
  json: unknown,
  name = 'tokenizer.json',
): Promise<TextTokenizer> {
  const file = isPieceList(json) ? tokenizerOfPieces(json) : json;
  if (!isTokenizerFile(file))
    throw new EngineError('data/unreadable', {
      where: name,
      detail: 'not a tokenizer.json',
      hint: 'Give the tokenizer.json that belongs to the model',
    });
  const { Tokenizer } = await import('@huggingface/tokenizers');
  try {
    return adapt(new Tokenizer(file, {}), file, name);
  } catch (error) {
    throw new EngineError('data/unreadable', {
      where: name,
      detail: `the tokenizer cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

interface TokenizerFile {
  readonly model: object;
  readonly padding?: { readonly pad_id?: unknown } | null;
  readonly truncation?: { readonly max_length?: unknown } | null;
}

const isTokenizerFile = (json: unknown): json is TokenizerFile =>
  typeof json === 'object' &&
  json !== null &&
  typeof (json as { model?: unknown }).model === 'object' &&
  (json as { model: unknown }).model !== null;

function adapt(library: Library, file: TokenizerFile, name: string): TextTokenizer {
  const encode = (text: string): number[] =>
    library.encode(text, { add_special_tokens: false }).ids;
  const around = specialTokens(library, encode);
  const size = Math.max(-1, ...library.get_vocab(true).values()) + 1;
  const limit = file.truncation?.max_length;
  return {
    name,
    size,
    padId: padIdOf(library, file),
    maxLength: typeof limit === 'number' && limit > 0 ? limit : undefined,
    endIds: endIdsOf(library),
    encode,
    encodePrompt: (text) => [...around.before, ...(text === '' ? [] : encode(text))],
    encodeSample(text, length) {
      const room = Math.max(0, length - around.before.length - around.after.length);
      const ids = encode(text.slice(0, room * longestToken)).slice(0, room);
      return [...around.before, ...ids, ...around.after].slice(0, length);
    },
    decode: (ids) => (ids.length === 0 ? '' : library.decode([...ids], asWritten)),
  };
}

/** The decoder's own text: the library would take out blanks before 's and the like, which were there. */
const asWritten = { skip_special_tokens: true, clean_up_tokenization_spaces: false };

/** What the tokenizer puts before and after a text. */
function specialTokens(
  library: Library,
  encode: (text: string) => number[],
): { before: readonly number[]; after: readonly number[] } {
  const bare = encode('a');
  const whole = library.encode('a').ids;
  const at = whole.findIndex((_, i) => bare.every((id, k) => whole[i + k] === id));
  if (at < 0 || bare.length === 0) return { before: [], after: [] };
  return { before: whole.slice(0, at), after: whole.slice(at + bare.length) };
}

const padTokens = ['[PAD]', '<pad>', '<|pad|>', '<|endoftext|>', '</s>'];

function padIdOf(library: Library, { padding }: TokenizerFile): number {
  if (typeof padding?.pad_id === 'number') return padding.pad_id;
  const vocabulary = library.get_vocab(true);
  return padTokens.map((token) => vocabulary.get(token)).find((id) => id !== undefined) ?? 0;
}

/** By the names that models give it; \n</s>\n is llama2.c's. */
const endTokens = [
  '<|endoftext|>',
  '</s>',
  '\n</s>\n',
  '<eos>',
  '<|end_of_text|>',
  '<|eot_id|>',
  '<|im_end|>',
  '<end_of_turn>',
];

function endIdsOf(library: Library): number[] {
  const vocabulary = library.get_vocab(true);
  return endTokens.map((token) => vocabulary.get(token)).filter((id) => id !== undefined);
}
