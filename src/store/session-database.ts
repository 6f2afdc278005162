import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { SavedSession, SessionKeeper } from './saved-session.ts';
import type { ModelSource } from './state.ts';

/**
 * Sessions in IndexedDB. Files go into `files` under a fresh name first; the record that names them is written last, and
 * only then are files that no record names removed. So a crash or a full disk in between leaves the session before as it was.
 */
interface Schema extends DBSchema {
  records: { key: string; value: StoredRecord };
  files: { key: string; value: StoredFiles };
}
type StoredRecord = Omit<SavedSession, 'source'> & {
  readonly source:
    | { readonly kind: 'sample'; readonly sample: string }
    | { readonly kind: 'files'; readonly key: string };
};
interface StoredFiles {
  readonly files: readonly File[];
  readonly data: readonly File[];
}

const current = 'current';

export function createSessionDatabase(name = 'whittle'): SessionKeeper {
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  /** The files that are already stored, so that they are not written again with every record. */
  let stored: { readonly source: ModelSource; readonly key: string } | undefined;

  const database = (): Promise<IDBPDatabase<Schema>> =>
    (opened ??= openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('records');
        db.createObjectStore('files');
      },
      // Another tab wants a newer version: do not stand in its way.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    }));

  const storeFiles = async (source: Extract<ModelSource, { kind: 'files' }>): Promise<string> => {
    const same = stored?.source;
    if (
      stored !== undefined &&
      same?.kind === 'files' &&
      same.files === source.files &&
      same.data === source.data
    )
      return stored.key;
    const key = crypto.randomUUID();
    await (await database()).put('files', { files: source.files, data: source.data }, key);
    stored = { source, key };
    return key;
  };

  const removeOrphans = async (keep: string | undefined): Promise<void> => {
    const db = await database();
    for (const key of await db.getAllKeys('files')) if (key !== keep) await db.delete('files', key);
  };

  return {
    async load() {
      const db = await database();
      const record = await db.get('records', current);
      if (record?.version !== 1) return undefined;
      if (record.source.kind === 'sample') return { ...record, source: record.source };
      const files = await db.get('files', record.source.key);
      if (files === undefined) return undefined;
      const source: ModelSource = { kind: 'files', ...files };
      stored = { source, key: record.source.key };
      return { ...record, source };
    },
    async save(session) {
      try {
        const { source } = session;
        const key = source.kind === 'files' ? await storeFiles(source) : undefined;
        const kept = source.kind === 'files' ? { kind: 'files' as const, key: key ?? '' } : source;
        await (await database()).put('records', { ...session, source: kept }, current);
        await removeOrphans(key);
        return 'saved';
      } catch (error) {
        return error instanceof DOMException && error.name === 'QuotaExceededError'
          ? 'full'
          : 'unavailable';
      }
    },
  };
}
