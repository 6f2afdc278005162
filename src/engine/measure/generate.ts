import { createRng, EngineError, quietTask, type Clock, type Task } from '../core/index.ts';
import { tokenFeeds, type TextTokenizer, type TokenPlan } from '../data/index.ts';
import { elementCount } from '../tensor/index.ts';
import type { Feeds, RuntimeTensor, Session } from '../runtime/index.ts';
import { checkSampling, chooseToken, type Sampling } from './choose-token.ts';
import { outputNumbers } from './outputs.ts';
import { median } from './stats.ts';

/**
 * A language model goes on with a text: the scores behind its last token choose the next one, which is appended, and so on. Every step runs
 * the whole text so far; beyond the model's length its beginning is dropped. Models that keep keys and values of earlier
 * tokens as inputs of their own (a KV cache) are refused: without the cache filled their scores would be wrong.
 */
export interface GenerateRequest {
  readonly session: Session;
  readonly plan: TokenPlan;
  /** Tokens to go on from, at least one. */
  readonly prompt: readonly number[];
  /** Tokens to add, at most; an end token ends it sooner. */
  readonly limit: number;
  readonly sampling: Sampling;
  readonly clock: Clock;
  readonly task?: Task;
}

export interface GeneratedToken {
  readonly id: number;
  /** From the tokens before it to its choice. */
  readonly ms: number;
}

/**
 * Yields token after token; an end token is not yielded. Throws `argument/invalid` (no prompt, settings that mean nothing), `data/mismatch`
 * (no language model, inputs that text does not fill), `runtime/run-failed`, and `cancelled` before the next token.
 */
export async function* generate(request: GenerateRequest): AsyncGenerator<GeneratedToken, void> {
  const { plan, limit, sampling, clock, task = quietTask } = request;
  check(request);
  const rng = createRng(sampling.kind === 'sampled' ? sampling.seed : 0);
  const ids = [...request.prompt];
  for (let count = 0; count < limit; count++) {
    await task.breathe();
    const startMs = clock.nowMs();
    const scores = await nextScores(request, ids.slice(-plan.length));
    const id = chooseToken(scores.subarray(0, plan.tokenizer.size), sampling, rng);
    const ms = clock.nowMs() - startMs;
    if (plan.tokenizer.endIds.includes(id)) return;
    ids.push(id);
    yield { id, ms };
  }
}

export interface TokenOfArm extends GeneratedToken {
  /** Place of its request. */
  readonly arm: number;
}

/**
 * Several models go on with their texts in turns, a token each, the first of a turn last in the next: so that a slow drift of the machine
 * falls on all alike and their speeds can be compared.
 */
export async function* generateInTurns(
  requests: readonly GenerateRequest[],
): AsyncGenerator<TokenOfArm, void> {
  let running = requests.map((request, arm) => ({ arm, tokens: generate(request) }));
  while (running.length > 0) {
    const ended = new Set<number>();
    for (const { arm, tokens } of running) {
      const { value, done } = await tokens.next();
      if (done === true || value === undefined) ended.add(arm);
      else yield { ...value, arm };
    }
    running = running.filter(({ arm }) => !ended.has(arm)).toReversed();
  }
}

/**
 * Tokens per second at the pace of the median token, so that the first ones, for which the runtime is still warming up, say no more than
 * others; undefined before the first.
 */
export function tokensPerSecond(tokens: readonly { readonly ms: number }[]): number | undefined {
  if (tokens.length === 0) return undefined;
  const ms = median(Float64Array.from(tokens, (token) => token.ms));
  return ms > 0 ? 1000 / ms : undefined;
}

/**
 * The text that `ids` add to the prompt. Both are decoded together, since what a token says may hang on the one before (its space); a
 * letter of several bytes whose last token has not come yet waits.
 */
export function continuationText(
  tokenizer: Pick<TextTokenizer, 'decode'>,
  prompt: readonly number[],
  ids: readonly number[],
): string {
  const before = tokenizer.decode(prompt);
  const whole = tokenizer.decode([...prompt, ...ids]);
  const added = whole.startsWith(before) ? whole.slice(before.length) : tokenizer.decode(ids);
  return added.replace(/\uFFFD+$/, '');
}

function check({ session, plan, prompt, limit, sampling }: GenerateRequest): void {
  checkSampling(sampling);
  if (prompt.length === 0)
    throw new EngineError('argument/invalid', {
      where: 'the prompt',
      detail: 'there is no text to go on from',
      hint: 'Write a few words',
    });
  if (!Number.isInteger(limit) || limit < 1)
    throw new EngineError('argument/invalid', {
      where: 'tokens',
      detail: `${limit} is not a number of tokens`,
    });
  if (plan.task !== 'language-model')
    throw new EngineError('data/mismatch', {
      where: 'model',
      detail: 'it scores no next token, so it cannot go on with a text',
    });
  const { ids, mask, types, positions } = plan.inputs;
  const filled = [ids, mask, types, positions].map((input) => input?.name);
  const unfilled = session.inputs.filter(({ name }) => !filled.includes(name));
  if (unfilled.length > 0)
    throw new EngineError('data/mismatch', {
      where: unfilled.map(({ name }) => name).join(', '),
      detail: 'text does not fill these inputs (a cache of earlier tokens?)',
      hint: 'Export the model without a cache',
    });
}

/** Scores of the token behind the last one, `[vocabulary]`. */
async function nextScores(
  { session, plan }: GenerateRequest,
  ids: readonly number[],
): Promise<Float32Array> {
  // As samples, texts are no longer than they are; windows would always be filled up.
  const { feeds, ids: fed } = tokenFeeds(
    [{ kind: 'tokens', ids: Int32Array.from(ids), text: '' }],
    { ...plan, task: 'samples' },
  );
  const [output] = session.outputs;
  const outputs = await session.run(feedsOf(session, feeds), output && [output.name]);
  const tensor = output && outputs[output.name];
  const width = fed.dims[1] ?? 0;
  const vocabulary = tensor?.dims[2] ?? 0;
  if (tensor === undefined || elementCount(tensor.dims) !== width * vocabulary || vocabulary === 0)
    throw notScores(tensor);
  const at = (ids.length - 1) * vocabulary;
  return outputNumbers(tensor, output?.name).subarray(at, at + vocabulary);
}

/** A step may have left nothing that reads one of the inputs, a mask for example. */
const feedsOf = (session: Session, feeds: Feeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).filter(([name]) => session.inputs.some((one) => one.name === name)),
  );

const notScores = (tensor: RuntimeTensor | undefined): EngineError =>
  new EngineError('data/mismatch', {
    where: 'the first output',
    detail: `[${tensor?.dims.join(', ') ?? ''}] are no scores per token`,
  });
