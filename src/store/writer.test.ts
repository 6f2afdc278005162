import { describe, expect, it } from 'vitest';
import type { ContinuationOrder } from './continuation.ts';
import { openTestStudio, type TestStudio } from './studio.test-support.ts';

const order: ContinuationOrder = { prompt: 'The', tokens: 20, sampling: { kind: 'greedy' } };
const asked = ({ client }: TestStudio, name: string) =>
  client.calls.filter((call) => call.name === name);

/** A studio with a language model's text and a recipe that is measured. */
async function openText(): Promise<TestStudio> {
  const made = await openTestStudio();
  made.studio.actions.openData([new File([], 'sea.txt'), new File([], 'tokenizer.json')]);
  await made.scheduler.advance(1500);
  return made;
}

describe('text as data', () => {
  it('sets the length of the sequence that is measured, before anything is', async () => {
    const made = await openText();
    expect(made.state().settings.dims).toMatchObject({ sequence: 64 });
    const from = made.client.calls.findLastIndex(({ name }) => name === 'open-data');
    const later = made.client.calls.slice(from).map(({ name }) => name);
    expect(later.indexOf('configure')).toBeLessThan(later.indexOf('evaluate'));
    expect(later).toContain('configure');
  });
});

describe('going on with a text', () => {
  it('lets the original write alone while nothing is changed, and both once something is', async () => {
    const made = await openText();
    made.studio.actions.continueText(order);
    await made.scheduler.advance(1000);
    expect(made.state().continuation).toMatchObject({ state: 'done', alone: true });
    expect(made.state().continuation?.texts?.variant).toBeUndefined();
    made.studio.actions.setPruning(0.5);
    await made.scheduler.advance(3000);
    made.studio.actions.continueText(order);
    await made.scheduler.advance(1000);
    const { continuation, history } = made.state();
    expect(continuation).toMatchObject({ state: 'done', alone: false, recipe: history.present });
    expect(continuation?.texts?.variant?.tokens).toBe(20);
  });

  it('shows what was written so far, keeps it when stopped, and measures on', async () => {
    const made = await openText();
    made.studio.actions.setPruning(0.5);
    made.studio.actions.continueText(order);
    await made.scheduler.advance(900);
    const soFar = made.state().continuation?.texts?.original.tokens ?? 0;
    expect(soFar).toBeGreaterThan(0);
    expect(soFar).toBeLessThan(20);
    expect(made.state().job).toMatchObject({ kind: 'running', task: 'generate' });
    made.studio.actions.cancel();
    await made.scheduler.advance(10);
    expect(made.state().continuation).toMatchObject({ state: 'stopped' });
    expect(made.state().continuation?.texts?.original.tokens).toBe(soFar);
    expect(asked(made, 'generate').at(-1)?.state).toBe('aborted');
    await made.scheduler.advance(3000);
    expect(made.state().points.at(-1)?.measured).toContain('latency');
  });

  it('forgets a text that a newer one has replaced, and all texts with the data', async () => {
    const made = await openText();
    made.studio.actions.continueText(order);
    await made.scheduler.advance(100);
    const second = { ...order, prompt: 'A' };
    made.studio.actions.continueText(second);
    await made.scheduler.advance(1000);
    expect(made.state().continuation).toMatchObject({ state: 'done', order: second });
    made.studio.actions.openData([new File([], 'sea.txt')]);
    await made.scheduler.advance(1000);
    expect(made.state().continuation).toBeUndefined();
  });

  it('says why it failed', async () => {
    const made = await openText();
    const error = { code: 'data/mismatch', where: 'model', detail: 'no', hint: null } as const;
    made.client.failNext('generate', error);
    made.studio.actions.continueText(order);
    await made.scheduler.advance(100);
    expect(made.state().continuation).toMatchObject({ state: 'failed', error });
  });
});
