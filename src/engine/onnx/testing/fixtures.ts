import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url));

export const fixtureNames: readonly string[] = readdirSync(folder).filter((name) =>
  name.endsWith('.onnx'),
);

export const fixture = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(folder, name)));

/** Real models kept beside the repository, where there are any. */
const shared = fileURLToPath(new URL('../../../../../shared/models/', import.meta.url));

export const sharedModels: readonly string[] = existsSync(shared)
  ? readdirSync(shared).filter((name) => name.endsWith('.onnx'))
  : [];

export const sharedModel = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(shared, name)));
