import type { CheckpointStore } from '../../engine/index.ts';
import type { TrainingStepLog } from '../protocol.ts';

/**
 * Trainings that were begun or finished in this browser: checkpoints with their curves. What is kept is bounded by bytes; the trainings
 * that were not touched for longest go first, whole, so that none is ever half there.
 *
 * A training's record is written after the checkpoint it speaks of and removed before it: a crash in between leaves bytes without
 * a record, which are swept away at the next start, never a record without its bytes.
 */
export interface TrainingStore {
  read(key: string): Promise<TrainingRecord | undefined>;
  /** A place for the checkpoints of one training. */
  open(key: string): Promise<TrainingPlace>;
  remove(key: string): Promise<void>;
}

export interface TrainingPlace {
  readonly checkpoints: CheckpointStore;
  /** What was known of this training before. */
  readonly before: TrainingRecord | undefined;
  /** A checkpoint could not be written: what is on screen would be lost. */
  readonly unsaved: boolean;
  /** Writes the curves down; `finished` once the training needs no further step. */
  note(log: TrainingStepLog): Promise<void>;
}

export interface TrainingRecord {
  readonly key: string;
  readonly touchedMs: number;
  /** Bytes of each checkpoint, by its key. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly log: TrainingStepLog | undefined;
}

/** Where records and checkpoints lie: IndexedDB in a browser, maps in tests and where storage is forbidden. */
export interface TrainingTables {
  /** They outlive the page. */
  readonly lasting: boolean;
  readonly records: Table<TrainingRecord>;
  readonly checkpoints: Table<Uint8Array>;
}
export interface Table<T> {
  get(key: string): Promise<T | undefined>;
  put(key: string, value: T): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
}

export interface StoreLimits {
  /** Of all checkpoints together. The training at work is never thrown out for it. */
  readonly bytes: number;
  /** Wall clock, so that ages hold across reloads. */
  readonly nowMs: () => number;
}

export const keptBytes = 256 * 1024 * 1024;

export function createTrainingStore(tables: TrainingTables, limits: StoreLimits): TrainingStore {
  const { records, checkpoints } = tables;

  const remove = async (key: string): Promise<void> => {
    const record = await records.get(key);
    if (record === undefined) return;
    await records.delete(key);
    for (const checkpoint of Object.keys(record.sizes)) await checkpoints.delete(checkpoint);
  };

  /** Makes room by throwing out the oldest trainings, except `mine`. */
  const makeRoom = async (mine: string): Promise<void> => {
    const all: TrainingRecord[] = [];
    for (const key of await records.keys()) {
      const record = await records.get(key);
      if (record !== undefined) all.push(record);
    }
    let total = all.reduce((sum, record) => sum + bytesOf(record), 0);
    for (const record of all.toSorted((a, b) => a.touchedMs - b.touchedMs)) {
      if (total <= limits.bytes) return;
      if (record.key === mine) continue;
      await remove(record.key);
      total -= bytesOf(record);
    }
  };

  const sweep = async (): Promise<void> => {
    const known = new Set<string>();
    for (const key of await records.keys())
      for (const checkpoint of Object.keys((await records.get(key))?.sizes ?? {}))
        known.add(checkpoint);
    for (const key of await checkpoints.keys()) if (!known.has(key)) await checkpoints.delete(key);
  };
  let swept: Promise<void> | undefined;
  // A store that cannot be read is found out by the first read that matters.
  const ready = (): Promise<void> => (swept ??= sweep().catch(() => undefined));

  const open = async (key: string): Promise<TrainingPlace> => {
    await ready();
    const before = await records.get(key).catch(() => undefined);
    let record: TrainingRecord = before ?? { key, touchedMs: 0, sizes: {}, log: undefined };
    let unsaved = false;
    const write = async (change: Partial<TrainingRecord>): Promise<void> => {
      record = { ...record, ...change, touchedMs: limits.nowMs() };
      await records.put(key, record);
    };
    /** Training goes on without a checkpoint rather than not at all. */
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
        unsaved = false;
      } catch {
        unsaved = true;
      }
    };
    return {
      before,
      get unsaved() {
        return unsaved || !tables.lasting;
      },
      checkpoints: {
        load: (name) => checkpoints.get(name).catch(() => undefined),
        save: (name, bytes) =>
          attempt(async () => {
            await checkpoints.put(name, bytes);
            await write({ sizes: { ...record.sizes, [name]: bytes.byteLength } });
            await makeRoom(key);
          }),
        remove: (name) =>
          attempt(async () => {
            const { [name]: _, ...sizes } = record.sizes;
            await write({ sizes });
            await checkpoints.delete(name);
          }),
      },
      note: (log) => {
        // A log alone, or one that says more than the checkpoints can give back, would promise what is not there.
        if (Object.keys(record.sizes).length === 0 || unsaved) return Promise.resolve();
        return attempt(() => write({ log }));
      },
    };
  };

  return {
    async read(key) {
      await ready();
      return records.get(key).catch(() => undefined);
    },
    open,
    remove,
  };
}

const bytesOf = ({ sizes }: TrainingRecord): number =>
  Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);
