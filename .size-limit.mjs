// The initial script: what index.html makes the browser load before anything is clicked. The list is
// read from the built page, so it cannot name a file that no longer exists.

import { readFileSync } from 'node:fs';

const html = readFileSync(new URL('dist/index.html', import.meta.url), 'utf8');
const tags = html.match(/<(?:script|link)\b[^>]*>/g) ?? [];
const files = tags
  .filter((tag) => tag.startsWith('<script') || /rel="modulepreload"/.test(tag))
  .map((tag) => /(?:src|href)="\.?\/?([^"]+\.m?js)"/.exec(tag)?.[1])
  .filter((file) => file !== undefined)
  .map((file) => `dist/${file}`);
if (files.length === 0) throw new Error('dist/index.html loads no script: is it built?');

export default [{ name: 'initial script', path: files, gzip: true, limit: '250 KB' }];
