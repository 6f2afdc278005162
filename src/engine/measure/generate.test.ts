import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { EngineError, memorySource, quietTask, unwrap } from '../core/index.ts';
import { openTokenizer, type TokenPlan } from '../data/index.ts';
import { letterFile } from '../data/testing/tiny-tokenizers.ts';
import { readModel, toModelFile } from '../onnx/index.ts';
import type { RuntimeTensor, Session } from '../runtime/index.ts';
import {
  continuationText,
  generate,
  type GeneratedToken,
  generateInTurns,
  type GenerateRequest,
  tokensPerSecond,
} from './generate.ts';
import { createFakeMachine, createFakeSession, type FakeMachine } from './testing/fake-session.ts';

const vocabulary = 8;
const tokenizer = await openTokenizer(letterFile);
const ids = { name: 'input_ids', dtype: 'int64', dims: ['batch', 'sequence'] } as const;
const mask = { ...ids, name: 'attention_mask' } as const;
const plan = (change: Partial<TokenPlan> = {}): TokenPlan => ({
  tokenizer,
  task: 'language-model',
  length: 6,
  inputs: { ids, mask: undefined, types: undefined, positions: undefined },
  ...change,
});

const idsOf = (tensor: RuntimeTensor | undefined): number[] =>
  tensor?.data instanceof Uint8Array
    ? Array.from(new BigInt64Array(tensor.data.slice().buffer), Number)
    : [];

/**
 * A model whose favourite is the sum of all tokens it is given (a mask counts which are real), so that every token of the text matters and
 * what fills up does not.
 */
function summing(machine: FakeMachine, runMs = 10, inputs: Session['inputs'] = [ids]) {
  const fed: number[][] = [];
  const session = createFakeSession(machine, {
    runMs,
    inputs,
    outputs: [{ name: 'logits', dtype: 'float32', dims: ['batch', 'sequence', vocabulary] }],
    compute(feeds) {
      const given = idsOf(feeds['input_ids']);
      fed.push(given);
      const scores = new Float32Array(given.length * vocabulary);
      let sum = 0;
      given.forEach((id, at) => {
        sum += id;
        scores[at * vocabulary + (sum % vocabulary)] = 5;
      });
      const dims = [1, given.length, vocabulary];
      return { logits: { dtype: 'float32', dims, data: new Uint8Array(scores.buffer) } };
    },
  });
  return { session, fed };
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

const request = (
  machine: FakeMachine,
  session: Session,
  change: Partial<GenerateRequest> = {},
): GenerateRequest => ({
  session,
  plan: plan(),
  prompt: [1, 2],
  limit: 4,
  sampling: { kind: 'greedy' },
  clock: machine.clock,
  ...change,
});
const idsIn = (tokens: readonly GeneratedToken[]): number[] => tokens.map(({ id }) => id);

describe('generate', () => {
  it('goes on from the whole text so far, token by token, and times each', async () => {
    const machine = createFakeMachine(1);
    const { session, fed } = summing(machine);
    const tokens = await collect(generate(request(machine, session)));
    // 1+2=3, 1+2+3=6, …+6=12≡4, …+4=16≡0.
    expect(idsIn(tokens)).toEqual([3, 6, 4, 0]);
    expect(fed).toEqual([
      [1, 2],
      [1, 2, 3],
      [1, 2, 3, 6],
      [1, 2, 3, 6, 4],
    ]);
    expect(tokens.map(({ ms }) => ms)).toEqual([10, 10, 10, 10]);
    expect(tokensPerSecond(tokens)).toBe(100);
    expect(tokensPerSecond([{ ms: 500 }, { ms: 20 }, { ms: 30 }])).toBeCloseTo(1000 / 30);
    expect(tokensPerSecond([])).toBeUndefined();
  });

  it('drops the beginning of what is longer than the model reads', async () => {
    const machine = createFakeMachine(1);
    const { session, fed } = summing(machine);
    const long = { plan: plan({ length: 3 }), prompt: [1, 1, 1, 2], limit: 2 };
    const tokens = await collect(generate(request(machine, session, long)));
    expect(fed).toEqual([
      [1, 1, 2],
      [1, 2, 4],
    ]);
    expect(idsIn(tokens)).toEqual([4, 7]);
  });

  it('fills up for a model of a fixed length, and reads the scores behind the last real token', async () => {
    const machine = createFakeMachine(1);
    const fixed = { ...ids, dims: [1, 6] };
    const { session, fed } = summing(machine, 10, [fixed, mask]);
    const inputs = { ...plan().inputs, ids: fixed, mask };
    const tokens = await collect(
      generate(request(machine, session, { plan: plan({ inputs }), limit: 2 })),
    );
    expect(idsIn(tokens)).toEqual([3, 6]);
    expect(fed[0]).toHaveLength(6);
  });

  it('ends at an end token, which is not part of the text', async () => {
    const machine = createFakeMachine(1);
    const { session } = summing(machine);
    const ending = plan({ tokenizer: { ...tokenizer, endIds: [6] } });
    expect(idsIn(await collect(generate(request(machine, session, { plan: ending }))))).toEqual([
      3,
    ]);
  });

  it('draws the same text from the same seed and another from another', async () => {
    const machine = createFakeMachine(1);
    const text = async (seed: number): Promise<string> => {
      const sampling = { kind: 'sampled', temperature: 5, topK: vocabulary, seed } as const;
      const { session } = summing(machine);
      return idsIn(
        await collect(generate(request(machine, session, { sampling, limit: 20 }))),
      ).join();
    };
    expect(await text(7)).toBe(await text(7));
    expect(await text(7)).not.toBe(await text(8));
  });

  it('stops within a token when it is called off', async () => {
    const machine = createFakeMachine(1);
    const { session, fed } = summing(machine);
    const controller = new AbortController();
    const task = {
      ...quietTask,
      breathe: () => {
        controller.signal.throwIfAborted();
        return Promise.resolve();
      },
    };
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { id } of generate(request(machine, session, { task, limit: 100 }))) {
        seen.push(id);
        if (seen.length === 2) controller.abort(new Error('called off'));
      }
    })();
    await expect(reading).rejects.toThrow('called off');
    expect([seen.length, fed.length]).toEqual([2, 2]);
  });

  it('refuses what it cannot go on with, in words, before anything runs', async () => {
    const machine = createFakeMachine(1);
    const { session, fed } = summing(machine);
    const past = { name: 'past_key_values.0.key', dtype: 'float32', dims: [1, 4, 'past', 8] };
    const cached = createFakeSession(machine, {
      runMs: 1,
      inputs: [ids, past as Session['inputs'][number]],
    });
    const refusals = [
      [request(machine, session, { prompt: [] }), 'argument/invalid', /no text/],
      [request(machine, session, { limit: 0 }), 'argument/invalid', /tokens/],
      [request(machine, session, { plan: plan({ task: 'samples' }) }), 'data/mismatch', /scores/],
      [request(machine, cached), 'data/mismatch', /past_key_values\.0\.key.*cache/],
    ] as const;
    for (const [asked, code, words] of refusals) {
      const failure: unknown = await collect(generate(asked)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(EngineError);
      expect((failure as EngineError).code).toBe(code);
      expect((failure as EngineError).message).toMatch(words);
    }
    expect(fed).toEqual([]);
  });
});

describe('generateInTurns', () => {
  it('lets each model write a token a turn, the first of a turn last in the next, until all have ended', async () => {
    const machine = createFakeMachine(1);
    const [slow, quick] = [summing(machine, 30), summing(machine, 10)];
    const tokens = await collect(
      generateInTurns([
        request(machine, slow.session, { limit: 3 }),
        request(machine, quick.session, { limit: 5, prompt: [2] }),
      ]),
    );
    expect(tokens.map(({ arm }) => arm)).toEqual([0, 1, 1, 0, 0, 1, 1, 1]);
    const of = (arm: number) => tokens.filter((token) => token.arm === arm);
    expect([tokensPerSecond(of(0)), tokensPerSecond(of(1))]).toEqual([1000 / 30, 100]);
    expect(idsIn(of(0))).toEqual([3, 6, 4]);
    expect(idsIn(of(1))).toEqual([2, 4, 0, 0, 0]);
  });
});

describe('continuationText', () => {
  it('is what the tokens add, spaces that hang on the token before included', () => {
    const pieces = new Map([
      [0, ['the', 'the']],
      [1, [' sea', 'sea']],
    ]);
    // Like SentencePiece, which takes the space away in front of a text.
    const decode = (list: readonly number[]): string =>
      list.map((id, at) => pieces.get(id)?.[at === 0 ? 1 : 0] ?? '').join('');
    expect(continuationText({ decode }, [0], [1])).toBe(' sea');
  });

  it('holds a letter back whose last byte has not come yet', () => {
    const decode = (list: readonly number[]): string =>
      new TextDecoder().decode(Uint8Array.from(list));
    const bytes = [...new TextEncoder().encode('고')];
    expect(continuationText({ decode }, [97], bytes.slice(0, 2))).toBe('');
    expect(continuationText({ decode }, [97], bytes)).toBe('고');
  });
});

const llama = '../shared/models/stories260k_llama.onnx';
describe.skipIf(!existsSync(llama))('on a real language model', () => {
  it('tells the story that the model is known to tell', async () => {
    const pieces: unknown = JSON.parse(
      readFileSync('../shared/models/stories260k_tokenizer.json', 'utf8'),
    );
    const words = await openTokenizer(pieces);
    const model = unwrap(readModel(memorySource(new Uint8Array(readFileSync(llama)), llama)));
    const runtime = await createNodeRuntime('wasm', 1);
    try {
      const session = await runtime.create(toModelFile(model));
      const prompt = words.encodePrompt('Once upon a time');
      const asked: GenerateRequest = {
        session,
        plan: plan({ tokenizer: words, length: 128 }),
        prompt,
        limit: 24,
        sampling: { kind: 'greedy' },
        clock: { nowMs: () => 0 },
      };
      const tokens = idsIn(await collect(generate(asked)));
      // What onnxruntime in Python gives for the same tokens, by its own argmax loop.
      expect(continuationText(words, prompt, tokens)).toBe(
        ', there was a little girl named Lily. She loved to play with her toys and her friend',
      );
    } finally {
      await runtime.dispose();
    }
  });
});
