import { describe, expect, it } from 'vitest';
import { fakeFigures } from './fake-figures.test-support.ts';
import { selectHeadline } from './headline.ts';
import { selectCurrent, selectOriginal } from './points.ts';
import { createTestStudio, openTestStudio } from './studio.test-support.ts';

const damaged = { code: 'onnx/truncated', where: 'x.onnx', detail: 'cut off', hint: null } as const;

describe('opening', () => {
  it('shows the model first, then data, then measures the original by itself', async () => {
    const { studio, scheduler, state } = createTestStudio();
    studio.actions.openSample('fashion');
    await scheduler.advance(320);
    expect(state().model?.summary.params).toBe(201_482);
    expect(state().data).toBeUndefined();
    await scheduler.advance(1200);
    expect(state().data?.labelled).toBe(true);
    expect(selectOriginal(state())?.evaluation.measurements.accuracy?.value).toBe(0.921);
    expect(state().job.kind).toBe('idle');
  });

  it('keeps what is open when a file cannot be opened, and says why', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    const { model, points } = state();
    client.failNext('open-model', damaged);
    studio.actions.openDropped([new File(['x'], 'x.onnx')]);
    await scheduler.advance(1000);
    expect(state().model).toBe(model);
    expect(state().points).toEqual(expect.arrayContaining([...points]));
    expect(state().notices).toMatchObject([{ kind: 'error', about: 'open', error: damaged }]);
  });

  it('measures on synthetic inputs when the data cannot be used, and says why', async () => {
    const { studio, client, scheduler, state } = createTestStudio();
    client.failNext('open-data', { ...damaged, code: 'data/unreadable' });
    studio.actions.openSample('fashion');
    await scheduler.advance(2000);
    expect(state().data?.kind).toBe('synthetic');
    expect(state().notices).toMatchObject([{ kind: 'error', about: 'data' }]);
    expect(selectHeadline(state()).quality).toMatchObject({ kind: 'agreement' });
  });

  it('asks by name for files that are missing, and opens once they come', async () => {
    const { studio, scheduler, state } = createTestStudio();
    studio.actions.openDropped([new File(['x'], 'parted.onnx')]);
    await scheduler.advance(1000);
    expect(state().model).toBeUndefined();
    expect(state().waitingFor?.missing).toEqual(['weights.bin']);
    studio.actions.openDropped([new File(['x'], 'weights.bin')]);
    await scheduler.advance(2000);
    expect(state().waitingFor).toBeUndefined();
    expect(state().model?.name).toBe('parted.onnx');
    expect(state().source).toMatchObject({
      kind: 'files',
      files: [{ name: 'parted.onnx' }, { name: 'weights.bin' }],
    });
  });

  it('keeps a recipe that comes before its model', async () => {
    const { studio, scheduler, state } = createTestStudio();
    const text = JSON.stringify({ version: 1, steps: [{ method: 'prune-weights', ratio: 0.6 }] });
    studio.actions.openDropped([new File([text], 'a.json')]);
    await scheduler.advance(10);
    expect(state().notices).toMatchObject([{ kind: 'recipe-waits' }]);
    studio.actions.openSample('fashion');
    await scheduler.advance(1000);
    expect(state().history.present.steps[0]).toMatchObject({ method: 'prune-weights', ratio: 0.6 });
    expect(state().notices).toEqual([]);
  });
});

describe('turning a dial', () => {
  it('asks for one plan at a time and ends on the newest', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    const before = client.calls.filter((call) => call.name === 'plan').length;
    for (let i = 1; i <= 50; i += 1) {
      studio.actions.setPruning(i / 100, 'drag');
      await scheduler.advance(2);
    }
    await scheduler.advance(20);
    const asked = client.calls.filter((call) => call.name === 'plan').length - before;
    expect(asked).toBeLessThan(12);
    expect(state().plan?.recipe).toBe(state().history.present);
    expect(state().plan?.predicted.nonzeroParams).toBe(
      fakeFigures(state().history.present).nonzero,
    );
  });

  it('measures once the dial rests, and only the newest recipe', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    studio.actions.setPruning(0.3, 'drag');
    await scheduler.advance(400);
    expect(state().job).toMatchObject({ kind: 'running', task: 'measure' });
    studio.actions.setPruning(0.6, 'drag');
    studio.actions.endGesture();
    await scheduler.advance(1500);
    const evaluated = client.calls.filter(
      (call) =>
        call.name === 'evaluate' && 'priority' in call.body && call.body.priority === 'user',
    );
    expect(evaluated.map((call) => call.state)).toEqual(['done', 'aborted', 'done']);
    expect(selectCurrent(state())?.evaluation.measurements.accuracy?.value).toBe(
      fakeFigures(state().history.present).accuracy,
    );
  });

  it('shows accuracy before latency is known', async () => {
    const { studio, scheduler, state } = await openTestStudio();
    studio.actions.setPruning(0.5);
    await scheduler.advance(250 + 400);
    const { quality, latency } = selectHeadline(state());
    expect(quality).toMatchObject({ after: { kind: 'measured' } });
    expect(latency.after.kind).not.toBe('measured');
  });

  it('is one entry of undo for a drag, and undo shows the measured numbers again at once', async () => {
    const { studio, scheduler, state } = await openTestStudio();
    for (const ratio of [0.1, 0.2, 0.3]) studio.actions.setPruning(ratio, 'drag');
    studio.actions.endGesture();
    await scheduler.advance(1500);
    studio.actions.undo();
    expect(state().history.present.steps).toEqual([]);
    studio.actions.redo();
    expect(selectHeadline(state()).latency.after.kind).toBe('measured');
  });

  it('does not measure a recipe that a step refuses', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    studio.actions.setPruningKind('prune-channels');
    const before = client.calls.filter(
      (call) => call.name === 'evaluate' && call.state === 'done',
    ).length;
    studio.actions.setPruning(0.95);
    await scheduler.advance(500);
    const users = client.calls.filter(
      (call) =>
        call.name === 'evaluate' && 'priority' in call.body && call.body.priority === 'user',
    );
    expect(state().plan?.steps[0]?.kind).toBe('refused');
    expect(users).toHaveLength(before);
  });

  it('knows that a step refuses before it measures, also when the slider is let go at once', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    studio.actions.setPruningKind('prune-channels');
    await scheduler.advance(1500);
    const before = client.calls.filter(({ name }) => name === 'evaluate').length;
    studio.actions.setPruning(0.95, 'pruning');
    studio.actions.endGesture();
    await scheduler.advance(500);
    expect(state().plan?.steps[0]?.kind).toBe('refused');
    expect(client.calls.filter(({ name }) => name === 'evaluate')).toHaveLength(before);
    expect(state().job).toEqual({ kind: 'idle' });
  });

  it('reads an estimate between measured neighbours, and replaces it by the measurement', async () => {
    const { studio, scheduler, state } = await openTestStudio();
    for (const ratio of [0.2, 0.6]) {
      studio.actions.setPruning(ratio);
      await scheduler.advance(1500);
    }
    studio.actions.setPruning(0.4);
    const { quality } = selectHeadline(state());
    const at = (ratio: number): number =>
      fakeFigures({ version: 1, seed: 0, steps: [{ method: 'prune-weights', ratio }] }).accuracy;
    if (quality.kind !== 'accuracy' || quality.after.kind !== 'estimate')
      throw new Error('no estimate');
    expect(quality.after.value).toBeCloseTo((at(0.2) + at(0.6)) / 2, 3);
    await scheduler.advance(1500);
    expect(selectHeadline(state()).quality).toMatchObject({ after: { kind: 'measured' } });
  });
});

describe('work', () => {
  it('is cancelled at once, and stays cancelled', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    studio.actions.setPruning(0.5);
    await scheduler.advance(300);
    expect(state().job.kind).toBe('running');
    studio.actions.cancel();
    expect(state().job.kind).toBe('idle');
    await scheduler.advance(5000);
    expect(client.calls.filter((call) => call.state === 'running')).toEqual([]);
    expect(selectHeadline(state()).latency.after.kind).not.toBe('measured');
    studio.actions.retry();
    await scheduler.advance(1000);
    expect(selectHeadline(state()).latency.after.kind).toBe('measured');
  });

  it('says that the worker was replaced, keeps the model and measures again what it needs', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    client.replace('hung');
    expect(state().notices).toMatchObject([{ kind: 'replaced', reason: 'hung' }]);
    expect(state().model).toBeDefined();
    expect(state().points.every((point) => !point.live)).toBe(true);
    studio.actions.requestPredictions(0, 4);
    await scheduler.advance(2000);
    expect(state().predictions.kind).toBe('ready');
    expect(selectCurrent(state())?.live).toBe(true);
  });

  it('shows a failure until the next job begins', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    client.failNext('evaluate', { ...damaged, code: 'runtime/create-failed' });
    studio.actions.setPruning(0.5);
    await scheduler.advance(400);
    expect(state().job).toMatchObject({ kind: 'failed', error: { code: 'runtime/create-failed' } });
    studio.actions.retry();
    expect(state().job.kind).toBe('running');
  });

  it('exports the variant on screen', async () => {
    const { studio, scheduler, state } = await openTestStudio();
    studio.actions.setPruning(0.5);
    studio.actions.exportShown();
    await scheduler.advance(3000);
    expect(state().exported).toMatchObject({
      kind: 'ready',
      value: { point: { evaluation: { recipe: state().history.present } } },
    });
  });

  it('hands over nothing when the export does not agree', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    client.failNext('export', { ...damaged, code: 'export/mismatch' });
    studio.actions.exportShown();
    await scheduler.advance(3000);
    expect(state().exported).toMatchObject({ kind: 'failed', error: { code: 'export/mismatch' } });
  });
});

describe('settings', () => {
  it('keep points of other conditions apart', async () => {
    const { studio, scheduler, state } = await openTestStudio();
    const before = selectOriginal(state());
    studio.actions.configure({ threads: 1 });
    await scheduler.advance(100);
    expect(selectOriginal(state())).not.toBe(before);
    await scheduler.advance(1500);
    expect(selectOriginal(state())?.evaluation.settings.threads).toBe(1);
    expect(state().points).toContain(before);
  });

  it('go back when they are refused', async () => {
    const { studio, client, scheduler, state } = await openTestStudio();
    client.failNext('configure', { ...damaged, code: 'runtime/unavailable' });
    studio.actions.configure({ backend: 'webgpu' });
    expect(state().settings.backend).toBe('webgpu');
    await scheduler.advance(100);
    expect(state().settings.backend).toBe('wasm');
    expect(state().notices).toMatchObject([{ kind: 'error', about: 'settings' }]);
  });
});
