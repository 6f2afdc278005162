import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { SavedSession, SessionKeeper } from './saved-session.ts';
import type { ModelSource } from './state.ts';
import type { StudentFiles } from './student-files.ts';

/**
 * Sessions in IndexedDB. Files go into `files` under a fresh name first; the record that names them is written last, and
 * only then are files that no record names removed. So a crash or a full disk in between leaves the session before as it was.
 */
interface Schema extends DBSchema {
  records: { key: string; value: StoredRecord };
  files: { key: string; value: StoredFiles };
}
type StoredRecord = Omit<SavedSession, 'source' | 'students'> & {
  readonly source:
    | { readonly kind: 'sample'; readonly sample: string }
    | { readonly kind: 'files'; readonly key: string };
  /** Where the students' files are. */
  readonly students?: string | undefined;
};
interface StoredFiles {
  readonly files: readonly File[];
  readonly data: readonly File[];
  readonly students?: readonly StudentFiles[];
}

const current = 'current';

export function createSessionDatabase(name = 'whittle'): SessionKeeper {
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  /** The files that are already stored, so that they are not written again with every record. */
  const stored = new Map<
    'model' | 'students',
    { readonly parts: unknown[]; readonly key: string }
  >();

  const database = (): Promise<IDBPDatabase<Schema>> =>
    (opened ??= openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('records');
        db.createObjectStore('files');
      },
      // Another tab wants a newer version: do not stand in its way.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    }));

  /** `parts`: what the files are known by; the same parts are stored already. */
  const storeFiles = async (
    what: 'model' | 'students',
    parts: unknown[],
    files: StoredFiles,
  ): Promise<string> => {
    const before = stored.get(what);
    if (before?.parts.every((part, i) => part === parts[i])) return before.key;
    const key = crypto.randomUUID();
    await (await database()).put('files', files, key);
    stored.set(what, { parts, key });
    return key;
  };

  const storeSource = ({ files, data }: Extract<ModelSource, { kind: 'files' }>): Promise<string> =>
    storeFiles('model', [files, data], { files, data });

  const storeStudents = (students: readonly StudentFiles[]): Promise<string> =>
    storeFiles('students', [students], { files: [], data: [], students });

  const removeOrphans = async (keep: readonly (string | undefined)[]): Promise<void> => {
    const db = await database();
    for (const key of await db.getAllKeys('files'))
      if (!keep.includes(key)) await db.delete('files', key);
  };

  const loadStudents = async (key: string | undefined): Promise<SavedSession['students']> => {
    if (key === undefined) return undefined;
    const students = (await (await database()).get('files', key))?.students;
    if (students !== undefined) stored.set('students', { parts: [students], key });
    return students;
  };

  return {
    async load() {
      const db = await database();
      const record = await db.get('records', current);
      if (record?.version !== 1) return undefined;
      const students = await loadStudents(record.students);
      if (record.source.kind === 'sample') return { ...record, source: record.source, students };
      const kept = await db.get('files', record.source.key);
      if (kept === undefined) return undefined;
      const { files, data } = kept;
      stored.set('model', { parts: [files, data], key: record.source.key });
      return { ...record, source: { kind: 'files', files, data }, students };
    },
    async save(session) {
      try {
        const { source, students: brought = [] } = session;
        const key = source.kind === 'files' ? await storeSource(source) : undefined;
        const students = brought.length > 0 ? await storeStudents(brought) : undefined;
        const kept = source.kind === 'files' ? { kind: 'files' as const, key: key ?? '' } : source;
        await (await database()).put('records', { ...session, source: kept, students }, current);
        await removeOrphans([key, students]);
        return 'saved';
      } catch (error) {
        return error instanceof DOMException && error.name === 'QuotaExceededError'
          ? 'full'
          : 'unavailable';
      }
    },
  };
}
