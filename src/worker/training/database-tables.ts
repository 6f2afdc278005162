import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { memoryTables } from './memory-tables.ts';
import type { Table, TrainingRecord, TrainingTables } from './training-store.ts';

/**
 * The tables in IndexedDB, which workers have too. A database of its own: sessions are written by the page, checkpoints by
 * the worker, and neither waits for the other's upgrades. Where the browser opens none (private windows of some), memory has to do.
 */
interface Schema extends DBSchema {
  records: { key: string; value: TrainingRecord };
  checkpoints: { key: string; value: Uint8Array };
}

export function databaseTables(name = 'whittle-training'): TrainingTables {
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  let lasting = true;
  const memory = memoryTables();
  const database = (): Promise<IDBPDatabase<Schema> | undefined> => {
    opened ??= openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('records');
        db.createObjectStore('checkpoints');
      },
      // Another tab wants a newer version: do not stand in its way.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
      // Closed by the browser or by `blocking`: opened again when it is next needed.
      terminated: () => (opened = undefined),
    });
    return opened.catch(() => {
      lasting = false;
      return undefined;
    });
  };
  const table = <Name extends 'records' | 'checkpoints'>(
    store: Name,
    otherwise: Table<Schema[Name]['value']>,
  ): Table<Schema[Name]['value']> => ({
    get: async (key) => (await database())?.get(store, key) ?? otherwise.get(key),
    async put(key, value) {
      const db = await database();
      await (db === undefined ? otherwise.put(key, value) : db.put(store, value, key));
    },
    async delete(key) {
      const db = await database();
      await (db === undefined ? otherwise.delete(key) : db.delete(store, key));
    },
    keys: async () => (await database())?.getAllKeys(store) ?? otherwise.keys(),
  });
  return {
    get lasting() {
      return lasting;
    },
    records: table('records', memory.records),
    checkpoints: table('checkpoints', memory.checkpoints),
  };
}
