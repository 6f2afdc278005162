import { describe, expect, it } from 'vitest';
import { EngineError } from '../engine/forms.ts';
import { fakeHash } from './fake-client.test-support.ts';
import { defaultStep } from './recipe-edits.ts';
import { studentDial } from './student-dial.ts';
import { createTestStudio, openTestStudio } from './studio.test-support.ts';

const file = (name: string): File => new File([name], name);

describe('a student of one’s own', () => {
  it('is opened, named in the recipe by its hash, and planned', async () => {
    const { studio, scheduler, state } = await openTestStudio();
    studio.actions.setBits(8);
    studio.actions.openStudent([file('small.onnx')]);
    await scheduler.advance(200);
    expect(state().history.present.steps[0]).toEqual({
      ...defaultStep('distill'),
      studentModel: { file: 'small.onnx', sha256: fakeHash('small.onnx') },
    });
    expect(state().history.present.steps[1]?.method).toMatch(/^quantize-/);
    expect(studentDial(state().history.present)?.own?.file).toBe('small.onnx');
    expect(state().plan?.recipe).toBe(state().history.present);
  });

  it('gives way to one made from the model, and comes back by undo', async () => {
    const { studio, scheduler, state } = await openTestStudio();
    studio.actions.openStudent([file('small.onnx')]);
    await scheduler.advance(200);
    studio.actions.forgetStudent();
    expect(studentDial(state().history.present)?.own).toBeUndefined();
    expect(state().history.present.steps).toEqual([defaultStep('distill')]);
    studio.actions.undo();
    expect(studentDial(state().history.present)?.own?.file).toBe('small.onnx');
  });

  it('chosen again stands on the shelf once; the one before stays for an undo', async () => {
    const { studio, scheduler, state, client } = await openTestStudio();
    for (const name of ['a.onnx', 'b.onnx', 'a.onnx']) {
      studio.actions.openStudent([file(name)]);
      await scheduler.advance(200);
    }
    expect(state().students.map(([one]) => one?.name)).toEqual(['b.onnx', 'a.onnx']);
    const last = client.calls.findLast(({ name }) => name === 'open-students');
    expect(last?.state).toBe('done');
  });

  it('that cannot be opened is said, and the recipe stays', async () => {
    const { studio, scheduler, state, client } = await openTestStudio();
    const error = new EngineError('file/not-onnx', { where: 'x.onnx', detail: 'no graph' });
    client.failNext('open-students', error.toPlain());
    studio.actions.openStudent([file('x.onnx')]);
    await scheduler.advance(200);
    expect(state().history.present.steps).toEqual([]);
    expect(state().notices).toMatchObject([{ kind: 'error', about: 'student' }]);
  });

  it('is not opened while a training holds the worker', async () => {
    const { studio, scheduler, state, client } = await openTestStudio();
    studio.actions.setStudent({ width: 0.5 });
    await scheduler.advance(200);
    studio.actions.train();
    await scheduler.advance(100);
    studio.actions.openStudent([file('small.onnx')]);
    expect(state().training?.state).toBe('running');
    expect(client.calls.some(({ name }) => name === 'open-students')).toBe(false);
  });

  it('survives a reload with the session, and the address names it', async () => {
    const before = await openTestStudio();
    before.studio.actions.openStudent([file('small.onnx')]);
    await before.scheduler.advance(2000);
    const { saved, hash } = before.host;
    expect(saved?.students).toHaveLength(1);

    const after = createTestStudio({ saved, hash });
    void after.studio.start();
    await after.scheduler.advance(1500);
    expect(studentDial(after.state().history.present)?.own?.file).toBe('small.onnx');
    expect(after.client.calls.map(({ name }) => name)).toContain('open-students');
    expect(after.state().students).toHaveLength(1);
    // Another model has no use for it.
    after.studio.actions.openSample('fashion');
    await after.scheduler.advance(1500);
    expect(after.state().students).toEqual([]);
  });
});
