import { joinParts, type ModelFile } from '../engine/index.ts';

const hex = (digest: ArrayBuffer): string =>
  [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** SHA-256 in hex. Browsers offer it on secure origins only; elsewhere the answer is '' and nothing is claimed. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  if (!('subtle' in crypto)) return '';
  return hex(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

/** Hash of a written model: of its bytes, and of the hashes of its external files where it has any. */
export async function hashOf(file: ModelFile): Promise<string> {
  const own = await sha256(file.bytes);
  if (file.external === undefined || own === '') return own;
  const others = await Promise.all(file.external.map((part) => sha256(part.bytes)));
  return sha256(new TextEncoder().encode([own, ...others].join('\n')));
}

const edgeBytes = 64 * 1024;

/** Tells files apart without reading them whole: sizes, first and last 64 KB. */
export async function fingerprint(files: readonly File[]): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    parts.push(new TextEncoder().encode(`${file.size};`));
    parts.push(new Uint8Array(await file.slice(0, edgeBytes).arrayBuffer()));
    parts.push(
      new Uint8Array(await file.slice(Math.max(edgeBytes, file.size - edgeBytes)).arrayBuffer()),
    );
  }
  return (await sha256(joinParts(parts))).slice(0, 16);
}
