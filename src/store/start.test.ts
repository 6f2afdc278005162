import { describe, expect, it } from 'vitest';
import { writeLink } from './recipe-link.ts';
import { selectOriginal } from './points.ts';
import { defaultStep } from './recipe-edits.ts';
import { createTestStudio, openTestStudio } from './studio.test-support.ts';

describe('starting', () => {
  it('opens the sample and the recipe of the address', async () => {
    const recipe = {
      version: 1,
      seed: 0,
      steps: [{ ...defaultStep('prune-weights'), ratio: 0.8 }],
    } as const;
    const hash = writeLink({ sample: 'fashion', recipe }) ?? '';
    const { studio, scheduler, state } = createTestStudio({ hash });
    void studio.start();
    await scheduler.advance(3000);
    expect(state().source).toEqual({ kind: 'sample', sample: 'fashion' });
    expect(state().history.present).toEqual(recipe);
  });

  it('keeps the address in step with the recipe', async () => {
    const { studio, scheduler, host, state } = await openTestStudio();
    studio.actions.setPruning(0.7);
    await scheduler.advance(300);
    const hash = host.hash;
    expect(hash).toBe(writeLink({ sample: 'fashion', recipe: state().history.present }));
    studio.actions.undo();
    await scheduler.advance(300);
    expect(host.hash).toBe('#v=1&sample=fashion');
  });

  it('takes up the session from before: model, recipe and measured points', async () => {
    const first = await openTestStudio();
    first.studio.actions.setPruning(0.7);
    await first.scheduler.advance(3000);
    const { studio, scheduler, state } = createTestStudio({ saved: first.host.saved });
    void studio.start();
    await scheduler.advance(350);
    expect(state().history.present).toEqual(first.state().history.present);
    expect(state().points.length).toBeGreaterThanOrEqual(2);
    expect(state().points.every((point) => !point.live)).toBe(true);
    await scheduler.advance(3000);
    expect(selectOriginal(state())?.live).toBe(true);
  });

  it('follows a link that is pasted while a model is open', async () => {
    const { scheduler, host, client, state } = await openTestStudio();
    const recipe = {
      version: 1,
      seed: 0,
      steps: [{ ...defaultStep('prune-weights'), ratio: 0.8 }],
    } as const;
    host.hash = writeLink({ sample: 'fashion', recipe }) ?? '';
    host.addressChanged();
    await scheduler.advance(100);
    expect(state().history.present).toEqual(recipe);
    expect(client.calls.filter((call) => call.name === 'open-model')).toHaveLength(1);
  });

  it('says so when the browser gives no room', async () => {
    const { scheduler, state } = await openTestStudio({ room: false });
    await scheduler.advance(1000);
    expect(state().notices).toMatchObject([{ kind: 'storage-full' }]);
  });

  it('says which parts of the address it left out', async () => {
    const hash = `#v=1&sample=fashion&recipe=${Buffer.from('{"steps":[{"method":"x"}]}').toString('base64url')}`;
    const { studio, scheduler, state } = createTestStudio({ hash });
    void studio.start();
    await scheduler.advance(100);
    expect(state().notices).toMatchObject([{ kind: 'ignored', keys: ['steps[0]'] }]);
  });

  it('says so when the address names a sample that is not there', async () => {
    const { studio, scheduler, state } = createTestStudio({ hash: '#v=1&sample=nothing' });
    void studio.start();
    await scheduler.advance(100);
    expect(state().notices).toMatchObject([{ kind: 'error', about: 'open' }]);
    expect(state().view).toBe('start');
  });
});
