import {
  EngineError,
  readModel,
  requiredExternalFiles,
  unwrap,
  type ByteSource,
  type Model,
} from '../engine/index.ts';
import { fileSource } from './file-source.ts';

/** An `.onnx` file with the external data files it names, as they were dropped or chosen. */
export interface ModelFiles {
  readonly main: File;
  readonly external: ReadonlyMap<string, ByteSource>;
  /** External data that the model names and nobody gave. */
  readonly missing: readonly string[];
  /** Reads the headers; weights stay in the file until something asks for them. */
  readonly read: () => Model;
}

/** Sorts the files of one model. Errors: `file/empty`, `argument/invalid` where there are two models. */
export function modelFiles(files: readonly File[]): ModelFiles {
  const main = mainFile(files);
  const source = fileSource(main, main.name);
  const external = new Map<string, ByteSource>();
  for (const file of files) if (file !== main) external.set(file.name, fileSource(file, file.name));
  return {
    main,
    external,
    missing: requiredExternalFiles(source).filter((name) => !external.has(name)),
    read: () => unwrap(readModel(source, { name: main.name, external })),
  };
}

function mainFile(files: readonly File[]): File {
  const named = files.filter((file) => /\.onnx$/i.test(file.name));
  const [main] = named.length > 0 ? named : files;
  if (main === undefined)
    throw new EngineError('file/empty', { where: 'dropped files', detail: 'there is no file' });
  if (named.length > 1)
    throw new EngineError('argument/invalid', {
      where: 'dropped files',
      detail: `${named.length} models at once: ${named.map((file) => file.name).join(', ')}`,
      hint: 'Drop one .onnx file, with its external data files if it has any',
    });
  return main;
}
