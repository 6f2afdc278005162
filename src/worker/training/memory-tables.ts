import type { Table, TrainingTables } from './training-store.ts';

/** Tables that last as long as the worker: for tests, and where the browser gives no storage. */
export const memoryTables = (): TrainingTables => ({
  lasting: false,
  records: memoryTable(),
  checkpoints: memoryTable(),
});

function memoryTable<T>(): Table<T> {
  const rows = new Map<string, T>();
  return {
    get: (key) => Promise.resolve(rows.get(key)),
    put: (key, value) => Promise.resolve(void rows.set(key, value)),
    delete: (key) => Promise.resolve(void rows.delete(key)),
    keys: () => Promise.resolve([...rows.keys()]),
  };
}
