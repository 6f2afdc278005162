import { describe, expect, it } from 'vitest';
import type { TrainingStepLog } from '../protocol.ts';
import { memoryTables } from './memory-tables.ts';
import { createTrainingStore, type TrainingTables } from './training-store.ts';

const log = (finished: boolean): TrainingStepLog => ({
  step: 0,
  method: 'distill',
  finished,
  student: undefined,
  control: undefined,
});

function setUp(bytes = 100): {
  tables: TrainingTables;
  store: ReturnType<typeof createTrainingStore>;
} {
  const tables = { ...memoryTables(), lasting: true };
  let nowMs = 0;
  return { tables, store: createTrainingStore(tables, { bytes, nowMs: () => ++nowMs }) };
}

const keep = async (
  store: ReturnType<typeof createTrainingStore>,
  key: string,
  size: number,
): Promise<void> => {
  const place = await store.open(key);
  await place.checkpoints.save(`${key}/student`, new Uint8Array(size).fill(7));
  await place.note(log(true));
};

describe('the store of trainings', () => {
  it('gives back what was saved, with its curves', async () => {
    const { store } = setUp();
    await keep(store, 'a', 10);
    const place = await store.open('a');
    expect(await place.checkpoints.load('a/student')).toEqual(new Uint8Array(10).fill(7));
    expect(place.before?.log?.finished).toBe(true);
    expect((await store.read('a'))?.sizes).toEqual({ 'a/student': 10 });
  });

  it('knows nothing of a training without a checkpoint', async () => {
    const { store } = setUp();
    const place = await store.open('a');
    await place.note(log(true));
    expect(await store.read('a')).toBeUndefined();
  });

  it('throws out the oldest whole trainings when there is no room', async () => {
    const { store, tables } = setUp(100);
    await keep(store, 'old', 40);
    await keep(store, 'middle', 40);
    await keep(store, 'new', 40);
    expect(await store.read('old')).toBeUndefined();
    expect(await tables.checkpoints.keys()).toEqual(['middle/student', 'new/student']);
  });

  it('never throws out the one at work, even when it alone is too large', async () => {
    const { store } = setUp(100);
    await keep(store, 'small', 10);
    await keep(store, 'large', 200);
    expect(await store.read('small')).toBeUndefined();
    expect((await store.read('large'))?.log?.finished).toBe(true);
  });

  it('removes a training with all its checkpoints', async () => {
    const { store, tables } = setUp();
    await keep(store, 'a', 10);
    await store.remove('a');
    expect(await store.read('a')).toBeUndefined();
    expect(await tables.checkpoints.keys()).toEqual([]);
  });

  it('sweeps away bytes that a crash left without a record', async () => {
    const { tables } = setUp();
    await tables.checkpoints.put('lost', new Uint8Array(5));
    const store = createTrainingStore(tables, { bytes: 100, nowMs: () => 1 });
    await store.read('a');
    expect(await tables.checkpoints.keys()).toEqual([]);
  });

  it('lets training go on when the disk is full, says so, and promises nothing', async () => {
    const { tables } = setUp();
    const full = {
      ...tables,
      checkpoints: {
        ...tables.checkpoints,
        put: () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
      },
    };
    const store = createTrainingStore(full, { bytes: 100, nowMs: () => 1 });
    const place = await store.open('a');
    await place.checkpoints.save('a/student', new Uint8Array(10));
    await place.note(log(true));
    expect(place.unsaved).toBe(true);
    expect(await store.read('a')).toBeUndefined();
  });

  it('says that nothing lasts where there is only memory', async () => {
    const store = createTrainingStore(memoryTables(), { bytes: 100, nowMs: () => 1 });
    const place = await store.open('a');
    await place.checkpoints.save('a', new Uint8Array(1));
    expect(place.unsaved).toBe(true);
  });
});
