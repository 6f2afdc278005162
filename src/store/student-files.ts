import type { Jobs } from './jobs.ts';
import { toPlainError } from './plain-error.ts';
import { notify, type Room, withdraw } from './room.ts';
import type { OwnStudent } from './student-dial.ts';
import { isTraining } from './training.ts';

/** The files of one student: an `.onnx` and the external data it names. */
export type StudentFiles = readonly File[];

/**
 * Students brought along. The worker holds those of this model; a step names one by its file and hash, so that an undo finds the one from
 * before and a session that is taken up again opens them all.
 */
export async function openStudent(
  room: Room,
  jobs: Jobs,
  files: StudentFiles,
  name: (student: OwnStudent) => void,
): Promise<void> {
  const { store, client } = room;
  // It would take the place of the training.
  if (store.getState().model === undefined || isTraining(store.getState())) return;
  withdraw(room, (notice) => notice.kind === 'error' && notice.about === 'student');
  const groups = [...store.getState().students, files];
  const outcome = await jobs.run('open', (handle) =>
    client.call('open-students', { students: groups }, handle),
  );
  if (outcome.kind === 'failed')
    notify(room, { kind: 'error', about: 'student', error: outcome.error });
  if (outcome.kind !== 'done') return;
  const { students } = outcome.value;
  const isNewest = (hash: string | undefined, at: number): boolean =>
    students.findLastIndex(({ sha256 }) => sha256 === hash) === at;
  store.setState({ students: groups.filter((_, at) => isNewest(students[at]?.sha256, at)) });
  const chosen = students.at(-1);
  if (chosen !== undefined) name(chosen);
}

/** Opens again what a session kept. A file that is gone is said; the step that names it refuses. */
export async function reopenStudents(
  room: Room,
  students: readonly StudentFiles[],
  signal: AbortSignal,
): Promise<void> {
  if (students.length === 0) return;
  try {
    await room.client.call('open-students', { students }, { signal });
    room.store.setState({ students });
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    notify(room, { kind: 'error', about: 'student', error: toPlainError(thrown, 'student') });
  }
}
