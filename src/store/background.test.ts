import { describe, expect, it } from 'vitest';
import { pruningDial } from './dials.ts';
import type { FakeClient } from './fake-client.test-support.ts';
import { sweepRecipes } from './sweep.ts';
import { emptyRecipe } from './state.ts';
import { openTestStudio } from './studio.test-support.ts';

const background = (client: FakeClient) =>
  client.calls.filter(
    (call) =>
      call.name === 'evaluate' && 'priority' in call.body && call.body.priority === 'background',
  );

describe('background work', () => {
  it('fills the curve over ratio and bits while nobody waits', async () => {
    const { client, scheduler, state } = await openTestStudio();
    await scheduler.advance(60_000);
    const ratios = state()
      .points.filter((point) => point.origin === 'sweep')
      .map((point) => pruningDial(point.evaluation.recipe, {}).ratio);
    expect(new Set(ratios)).toEqual(
      new Set([0, 0.1, 0.25, 0.33, 0.4, 0.5, 0.6, 0.67, 0.75, 0.8, 0.85, 0.9, 0.95]),
    );
    expect(background(client).every((call) => call.state === 'done')).toBe(true);
    expect(state().background.kind).toBe('idle');
    // All done: nothing more is asked for.
    const count = client.calls.length;
    await scheduler.advance(10_000);
    expect(client.calls).toHaveLength(count);
  });

  it('stops at once when the person acts, and goes on when they rest', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    await scheduler.advance(900);
    expect(state().background.kind).toBe('running');
    const running = background(client).at(-1);
    studio.actions.setPruning(0.42);
    expect(state().background.kind).toBe('idle');
    await scheduler.advance(0);
    expect(running?.state).toBe('aborted');
    const during = background(client).length;
    await scheduler.advance(900);
    expect(background(client)).toHaveLength(during);
    await scheduler.advance(3000);
    expect(background(client).length).toBeGreaterThan(during);
  });

  it('rests in a hidden tab', async () => {
    const { client, scheduler } = await openTestStudio({ visible: false });
    await scheduler.advance(10_000);
    expect(background(client)).toEqual([]);
  });

  it('measures the shown variant by the whole protocol', async () => {
    const { studio, scheduler, state } = await openTestStudio();
    studio.actions.setPruning(0.5);
    await scheduler.advance(40_000);
    const point = state().points.find(
      (each) =>
        each.evaluation.recipe === state().history.present ||
        each.evaluation.recipe.steps[0]?.['ratio'] === 0.5,
    );
    expect(point?.protocol).toBe('full');
    expect(point?.evaluation.measurements.latency?.noise).toBe(0.012);
    expect(point?.measured).toEqual(
      expect.arrayContaining(['accuracy', 'latency', 'noise', 'gzip', 'profile']),
    );
  });

  it('tries nothing twice that failed', async () => {
    const { client, scheduler } = await openTestStudio();
    client.failNext('evaluate', { code: 'method/refused', where: 'x', detail: 'y', hint: null });
    await scheduler.advance(60_000);
    const asked = background(client).map((call) => JSON.stringify(call.body));
    expect(new Set(asked).size).toBe(asked.length);
  });
});

describe('the sweep', () => {
  it('goes through the recipe on screen: all else stays as it is', () => {
    const recipe = {
      ...emptyRecipe,
      steps: [
        { method: 'prune-weights', ratio: 0.5, scope: 'layer' },
        { method: 'quantize-float16' },
      ],
    };
    const swept = sweepRecipes(recipe, {}, false);
    for (const each of swept.filter(
      (other) => other.steps.length === 2 && other.steps[1]?.method === 'quantize-float16',
    ))
      expect(each.steps[0]).toMatchObject({ method: 'prune-weights', scope: 'layer' });
    expect(sweepRecipes(recipe, {}, true).length).toBeLessThan(swept.length);
  });
});
