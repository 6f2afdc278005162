import { EngineError } from '../../engine/index.ts';
import { sha256 } from '../digest.ts';
import { modelFiles } from '../model-files.ts';
import type { OpenedStudent } from '../protocol.ts';
import type { Handler } from '../studio.ts';

/** Students brought along, for steps that name one: all of them at once, so that asking again changes nothing. */
export const openStudents: Handler<'open-students'> = async ({ students }, { workspace }) => {
  const opened = await Promise.all(students.map(openStudent));
  workspace.setStudents(opened.map(({ student, model }) => ({ ...student, model })));
  return { students: opened.map(({ student }) => student) };
};

async function openStudent(files: readonly File[]) {
  const { main, missing, read } = modelFiles(files);
  if (missing.length > 0)
    throw new EngineError('onnx/external-missing', {
      where: main.name,
      detail: missing.join(', '),
      hint: 'Choose the model and its external data together',
    });
  const hash = await sha256(new Uint8Array(await main.arrayBuffer()));
  if (hash === '')
    throw new EngineError('argument/invalid', {
      where: main.name,
      detail: 'on a page without https its bytes cannot be told from those of another file',
      hint: 'Open Whittle over https or on localhost',
    });
  const student: OpenedStudent = { file: main.name, sha256: hash };
  return { student, model: read() };
}
