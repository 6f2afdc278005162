import { mismatch } from './data-errors.ts';
import type { InputSpec } from './dataset.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** How text becomes the inputs of one model. */
export interface TokenPlan {
  readonly tokenizer: TextTokenizer;
  /**
   * 'language-model': samples are windows of the text and every token is to be told from those before it; 'samples': each text is one
   * sample (sentence classification, embeddings).
   */
  readonly task: 'samples' | 'language-model';
  /** Tokens per sample, at most. */
  readonly length: number;
  readonly inputs: TokenInputs;
}

/** The inputs of a model that takes tokens, by what is put into them. */
export interface TokenInputs {
  readonly ids: InputSpec;
  /** 1 for real tokens, 0 for filling. */
  readonly mask: InputSpec | undefined;
  /** All 0: one segment. */
  readonly types: InputSpec | undefined;
  /** 0, 1, 2, … */
  readonly positions: InputSpec | undefined;
}

type Role = keyof TokenInputs;

/** Names that exporters use, most telling first; what is no mask, type or position is the tokens. */
const roles: readonly (readonly [Role, RegExp])[] = [
  ['mask', /mask/i],
  ['types', /token_?type|segment/i],
  ['positions', /position/i],
  ['ids', /ids?$|^ids|token|input|words?/i],
];
const wholeNumbers = ['int64', 'int32', 'float32', 'bool'];

/** Throws `data/mismatch`, naming the input that text cannot fill, or when none takes tokens. */
export function tokenInputs(inputs: readonly InputSpec[]): TokenInputs {
  const found = new Map<Role, InputSpec>();
  for (const input of inputs) {
    const role = roles.find(([, name]) => name.test(input.name))?.[0];
    if (
      role === undefined ||
      found.has(role) ||
      input.dims.length !== 2 ||
      !wholeNumbers.includes(input.dtype)
    )
      throw mismatch(
        `input "${input.name}"`,
        'text does not say what goes in here',
        'Models that read text take input_ids and, where needed, attention_mask, token_type_ids and position_ids, each [batch, sequence]',
      );
    found.set(role, input);
  }
  const ids = found.get('ids');
  if (ids === undefined || (ids.dtype !== 'int64' && ids.dtype !== 'int32'))
    throw mismatch('model inputs', 'no input takes tokens', 'Give images or arrays');
  return {
    ids,
    mask: found.get('mask'),
    types: found.get('types'),
    positions: found.get('positions'),
  };
}

const usualLength = 128;

export interface PlanRequest {
  readonly inputs: readonly InputSpec[];
  readonly tokenizer: TextTokenizer;
  /** Dims of the model's first output, as far as they are known. */
  readonly output: readonly (number | string)[] | undefined;
  /** What the model's file says that it reads at once, at most. */
  readonly contextLength?: number | undefined;
}

/**
 * The plan for a model: a language model is one whose first output holds, per token, a score for every token of the tokenizer. Throws
 * `data/mismatch`.
 */
export function planTokens({ inputs, tokenizer, output, contextLength }: PlanRequest): TokenPlan {
  const named = tokenInputs(inputs);
  const fixed = named.ids.dims[1];
  const scores = output?.length === 3 ? output[2] : undefined;
  const isLanguageModel = typeof scores === 'number' && scores >= tokenizer.size;
  const length =
    typeof fixed === 'number' ? fixed : (contextLength ?? tokenizer.maxLength ?? usualLength);
  return { tokenizer, task: isLanguageModel ? 'language-model' : 'samples', length, inputs: named };
}
