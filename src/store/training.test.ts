import { describe, expect, it } from 'vitest';
import { methods } from '../engine/index.ts';
import type { Recipe } from '../engine/forms.ts';
import { selectSweep } from './chart-series-sweep.ts';
import { selectHeadline } from './headline.ts';
import { pointOf, selectCurrent } from './points.ts';
import { emptyRecipe } from './state.ts';
import { openTestStudio } from './studio.test-support.ts';
import { isTraining, trainedPart, trains } from './training.ts';

const distill = { method: 'distill', student: { width: 0.5, depth: 1 }, control: true };
const recipe = (...steps: Recipe['steps']): Recipe => ({ version: 1, seed: 0, steps });
const distilled = recipe(distill);

const opened = async (asked: Recipe = distilled) => {
  const made = await openTestStudio();
  made.studio.actions.setRecipe(asked);
  await made.scheduler.advance(3000);
  return made;
};
const callsOf = (made: Awaited<ReturnType<typeof opened>>, name: string) =>
  made.client.calls.filter((call) => call.name === name);
/** As long as the fake's whole training takes, and a bit. */
const wholeMs = 4500;

describe('what trains', () => {
  it('is what the engine says trains', () => {
    const named = methods.filter(({ needs }) => needs.includes('training')).map(({ id }) => id);
    for (const { id } of methods) expect(trains(id), id).toBe(named.includes(id));
  });

  it('does not depend on steps that follow', () => {
    const later = recipe(distill, { method: 'quantize-float16' });
    const earlier = recipe({ method: 'prune-weights', ratio: 0.5 }, distill);
    expect(trainedPart(later)).toBe(trainedPart(distilled));
    expect(trainedPart(earlier)).not.toBe(trainedPart(distilled));
    expect(trainedPart(recipe({ ...distill, off: true }))).toBe(trainedPart(recipe()));
  });
});

describe('a recipe that has to be trained', () => {
  it('is never trained or measured unasked: its size is exact, the rest waits and says why', async () => {
    const made = await opened();
    await made.scheduler.advance(60_000);
    expect(callsOf(made, 'train')).toEqual([]);
    const evaluated = callsOf(made, 'evaluate').map(({ body }) => body);
    expect(JSON.stringify(evaluated)).not.toContain('distill');
    expect(callsOf(made, 'evaluate').filter(({ state }) => state === 'failed')).toEqual([]);
    const headline = selectHeadline(made.state());
    expect(headline.training).toBe('needed');
    expect(headline.size.after.kind).toBe('exact');
    expect(headline.latency.after.kind).toBe('waiting');
    expect(headline.quality.after.kind).toBe('waiting');
    expect(made.state().predictions.kind).toBe('none');
    expect(made.state().job.kind).toBe('idle');
  });

  it('has no sweep: every place would have to be trained', async () => {
    const made = await opened(recipe({ method: 'prune-weights', ratio: 0.5 }, distill));
    const series = selectSweep('accuracy')(made.state());
    expect([series.ratio.kind, series.bits.kind]).toEqual(['trains', 'trains']);
  });
});

describe('pressing Train', () => {
  it('shows the curves as they come, then measures the variant like any other', async () => {
    const made = await opened();
    made.studio.actions.train();
    await made.scheduler.advance(1000);
    expect(made.state()).toMatchObject({
      chart: 'training',
      job: { kind: 'running', task: 'train' },
    });
    expect(isTraining(made.state())).toBe(true);
    expect(selectHeadline(made.state()).training).toBe('running');
    const early = made.state().training?.log.steps[0]?.student?.loss.length ?? 0;
    expect(early).toBeGreaterThan(5);
    await made.scheduler.advance(1000);
    expect(made.state().training?.log.steps[0]?.student?.loss.length).toBeGreaterThan(early);
    await made.scheduler.advance(wholeMs);
    expect(made.state().training?.state).toBe('done');
    expect(selectHeadline(made.state()).training).toBeUndefined();
    expect(selectCurrent(made.state())?.measured.slice(0, 2)).toEqual(['accuracy', 'latency']);
    expect(callsOf(made, 'train')).toHaveLength(1);
  });

  it('measures the teacher first, where that is not known yet', async () => {
    const made = await openTestStudio();
    made.studio.actions.setRecipe(distilled);
    made.studio.actions.train();
    await made.scheduler.advance(10 * wholeMs);
    const done = made.client.calls.filter(({ name }) => ['evaluate', 'train'].includes(name));
    const first = done.findIndex(({ name, state }) => name === 'evaluate' && state === 'done');
    const trained = done.findIndex(({ name }) => name === 'train');
    expect(first).toBeGreaterThanOrEqual(0);
    expect(trained).toBeGreaterThan(first);
    expect(pointOf(made.state(), emptyRecipe)?.measured).toContain('accuracy');
    expect(made.state().training?.state).toBe('done');
  });

  it('sweeps the bits of the trained student, without training again', async () => {
    const made = await opened();
    made.studio.actions.train();
    await made.scheduler.advance(wholeMs + 60_000);
    const series = selectSweep('accuracy')(made.state());
    expect(series.bits.kind === 'curve' && series.bits.points.length).toBeGreaterThan(3);
    expect(series.ratio.kind).toBe('trains');
    expect(callsOf(made, 'train')).toHaveLength(1);
  });

  it('goes on undisturbed while the recipe is changed, and measures what is on screen afterwards', async () => {
    const made = await opened();
    made.studio.actions.train();
    await made.scheduler.advance(500);
    made.studio.actions.setRecipe(recipe({ method: 'prune-weights', ratio: 0.5 }));
    await made.scheduler.advance(1000);
    expect(isTraining(made.state())).toBe(true);
    expect(made.state().training?.recipe).toEqual(distilled);
    await made.scheduler.advance(wholeMs + 2000);
    expect(selectCurrent(made.state())?.measured.slice(0, 2)).toEqual(['accuracy', 'latency']);
  });

  it('pauses, goes on, and finishes early', async () => {
    const made = await opened();
    const { actions } = made.studio;
    const steps = () => made.state().training?.log.steps[0]?.student?.report.step ?? 0;
    actions.train();
    await made.scheduler.advance(700);
    actions.steerTraining('pause');
    await made.scheduler.advance(100);
    const held = steps();
    await made.scheduler.advance(5000);
    expect(steps()).toBeLessThanOrEqual(held + 1);
    expect(isTraining(made.state())).toBe(true);
    actions.steerTraining('go-on');
    await made.scheduler.advance(500);
    expect(steps()).toBeGreaterThan(held + 5);
    actions.steerTraining('finish');
    await made.scheduler.advance(200);
    expect(made.state().training?.state).toBe('done');
  });

  it('stops at once when cancelled, offers to resume, and resumes where it stopped', async () => {
    const made = await opened();
    made.studio.actions.train();
    await made.scheduler.advance(1500);
    made.studio.actions.cancel();
    await made.scheduler.advance(100);
    expect(made.state().job.kind).toBe('idle');
    expect(made.state()).toMatchObject({
      training: { state: 'stopped' },
      plan: { training: 'started' },
    });
    const stopped = made.state().training?.log.steps[0]?.student?.report.step ?? 0;
    expect(stopped).toBeGreaterThan(10);
    made.studio.actions.train();
    expect(made.state().training?.log.steps[0]?.student?.report.step, 'curves stay').toBe(stopped);
    await made.scheduler.advance(100);
    expect(made.state().training?.log.steps[0]?.student?.report.step).toBeGreaterThan(stopped);
    await made.scheduler.advance(wholeMs);
    expect(made.state().training?.state).toBe('done');
  });

  it('starts over when its checkpoints are removed', async () => {
    const made = await opened();
    made.studio.actions.train();
    await made.scheduler.advance(1500);
    made.studio.actions.cancel();
    await made.scheduler.advance(100);
    made.studio.actions.forgetTraining();
    await made.scheduler.advance(100);
    expect(made.state().training).toBeUndefined();
    expect(made.state().plan?.training).toBe('needed');
  });

  it('shows why it failed, and can be taken up again', async () => {
    const made = await opened();
    const error = { code: 'train/no-rule', where: 'NonZero', detail: 'x', hint: null } as const;
    made.client.failNext('train', error);
    made.studio.actions.train();
    await made.scheduler.advance(100);
    expect(made.state().training).toMatchObject({ state: 'failed', error });
    made.studio.actions.train();
    await made.scheduler.advance(wholeMs);
    expect(made.state().training).toMatchObject({ state: 'done', error: undefined });
  });

  it('is not stopped by an export, which waits for it', async () => {
    const made = await opened();
    made.studio.actions.train();
    await made.scheduler.advance(500);
    made.studio.actions.exportShown();
    await made.scheduler.advance(100);
    expect(isTraining(made.state())).toBe(true);
    expect(callsOf(made, 'export')).toEqual([]);
  });

  it('brings the curves back with the recipe', async () => {
    const made = await opened();
    made.studio.actions.train();
    await made.scheduler.advance(wholeMs);
    made.studio.actions.setRecipe(recipe());
    await made.scheduler.advance(1000);
    expect(made.state().training).toBeUndefined();
    made.studio.actions.setRecipe(recipe(distill));
    await made.scheduler.advance(1000);
    expect(made.state().training?.state).toBe('done');
    expect(made.state().training?.log.steps[0]?.student?.validation).toHaveLength(5);
  });
});

describe('a step that cannot be planned before the model has run', () => {
  it('waits for the original, is planned again, and then measured', async () => {
    const made = await openTestStudio();
    made.client.waitForShapes();
    made.studio.actions.setRecipe(recipe({ method: 'prune-channels', ratio: 0.3 }));
    await made.scheduler.advance(100);
    expect(made.state().plan?.steps).toEqual([{ kind: 'waiting' }]);
    await made.scheduler.advance(4000);
    expect(made.state().plan?.steps[0]?.kind).toBe('planned');
    expect(selectCurrent(made.state())?.measured.slice(0, 2)).toEqual(['accuracy', 'latency']);
  });

  it('is not measured when it refuses after all', async () => {
    const made = await openTestStudio();
    made.client.waitForShapes();
    made.studio.actions.setRecipe(recipe({ method: 'prune-channels', ratio: 0.95 }));
    await made.scheduler.advance(4000);
    expect(made.state().plan?.steps[0]?.kind).toBe('refused');
    expect(selectCurrent(made.state())).toBeUndefined();
    expect(made.state().job.kind).toBe('idle');
  });
});
