import { EngineError } from '../engine/forms.ts';
import type { StudioHost } from '../store/create-studio.ts';

/** A file of this site, with progress where the server says how long it is. */
export const fetchFile: StudioHost['fetchFile'] = async (url, name, { signal, onProgress }) => {
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null)
    throw new EngineError('data/unreadable', {
      where: url,
      detail: `the server answered ${response.status}`,
    });
  const total = Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body.getReader();
  let done = 0;
  for (;;) {
    const chunk = await reader.read();
    if (chunk.done) break;
    parts.push(chunk.value);
    done += chunk.value.byteLength;
    onProgress({ phase: 'reading', done, total: Math.max(total, done) });
  }
  return new File(parts, name);
};
