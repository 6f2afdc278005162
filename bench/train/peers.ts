import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Libraries that the benches compare with. They are no dependencies of the project: where one is not installed beside it or in `.peers/` (which
 * git ignores), the bench says how to get it.
 */
export const peers = { '@tensorflow/tfjs': '4.22.0', '@jax-js/jax': '0.1.25' } as const;
export type PeerName = keyof typeof peers;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The module, or undefined where it is not installed. */
export async function loadPeer(name: PeerName): Promise<unknown> {
  for (const folder of [root, path.join(root, '.peers')]) {
    const found = resolved(name, folder);
    if (found !== undefined) return import(pathToFileURL(found).href);
  }
  return undefined;
}

export const howToInstall = (name: PeerName): string =>
  `${name} is not installed: npm install --prefix .peers --ignore-scripts ${name}@${peers[name]}`;

function resolved(name: PeerName, folder: string): string | undefined {
  try {
    return createRequire(path.join(folder, 'package.json')).resolve(name);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
