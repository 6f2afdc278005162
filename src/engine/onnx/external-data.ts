import type { ByteSource } from '../core/index.ts';
import type { ExternalRef } from './notes.ts';
import { decodeText } from './text.ts';
import { entryTags } from './schema.ts';
import type { WireCursor } from './wire-cursor.ts';

/**
 * Data in other files (onnx.proto, TensorProto.external_data). A location is only ever a name that is looked up among
 * the files the person gave; it is still checked as a path, because an export carries it on to readers that open it
 * (CVE-2022-25882, CVE-2024-27318, CVE-2026-27489), and so are the keys (CVE-2026-34445) and the range.
 */
export type ExternalFiles = (location: string) => ByteSource | undefined;

const knownKeys = new Set(['location', 'offset', 'length', 'checksum']);

export function readExternalEntry(c: WireCursor, end: number, entries: Map<string, string>): void {
  let key = '';
  let value = '';
  while (c.pos < end) {
    const tag = c.tag(end);
    if (tag === entryTags.key) key = c.text(end);
    else if (tag === entryTags.value) value = decodeText(c.bytes(c.length(end), end));
    else c.skip(tag, end);
  }
  if (!knownKeys.has(key))
    c.fail('onnx/external-path', `external data with the unknown key "${key.slice(0, 40)}"`);
  if (entries.has(key)) c.fail('onnx/external-path', `external data with the key "${key}" twice`);
  entries.set(key, value);
}

/** `expected` is what dtype and dims ask for. */
export function resolveExternal(
  c: WireCursor,
  entries: ReadonlyMap<string, string>,
  expected: number,
  files: ExternalFiles,
): ExternalRef {
  const location = safeLocation(c, entries.get('location') ?? '');
  const offset = readNumber(c, entries, 'offset') ?? 0;
  const length = readNumber(c, entries, 'length') ?? expected;
  if (length !== expected)
    c.fail(
      'onnx/size-mismatch',
      `${length} bytes of external data, dims and type ask for ${expected}`,
    );
  const source = files(location);
  if (source === undefined)
    c.fail('onnx/external-missing', `the data lies in "${location}", which was not given`);
  if (offset + length > source.size)
    c.fail(
      'onnx/external-range',
      `bytes ${offset} to ${offset + length} of "${location}", which has ${source.size}`,
    );
  return { location, source, offset, length };
}

function safeLocation(c: WireCursor, written: string): string {
  const location = written.replace(/^(\.\/)+/, '');
  const problem = locationProblem(location);
  if (problem !== undefined)
    c.fail('onnx/external-path', `the location ${JSON.stringify(written.slice(0, 80))} ${problem}`);
  return location;
}

/** What is wrong with a location; undefined for a relative path of plain names. */
export function locationProblem(location: string): string | undefined {
  if (location === '') return 'names no file';
  if (location.includes('_ORT_MEM_ADDR_')) return 'is an address in memory';
  if (/\p{Cc}/u.test(location)) return 'holds control characters';
  if (/[\\:]/.test(location)) return 'holds a drive or a backslash';
  if (location.startsWith('/')) return 'is absolute';
  const leaves = location.split('/').some((name) => name === '' || name === '.' || name === '..');
  return leaves ? 'leaves its folder' : undefined;
}

function readNumber(
  c: WireCursor,
  entries: ReadonlyMap<string, string>,
  key: string,
): number | undefined {
  const text = entries.get(key);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value))
    c.fail('onnx/external-range', `${key} "${text.slice(0, 40)}" is not a number of bytes`);
  return value;
}

/** Looks a location up by its whole path, then by its last name. */
export function externalFiles(given: ReadonlyMap<string, ByteSource> | undefined): ExternalFiles {
  return (location) =>
    given?.get(location) ?? given?.get(location.slice(location.lastIndexOf('/') + 1));
}
