import { throwIfAborted, type ByteSource } from '../core/index.ts';
import { unreadable, unsupported } from './data-errors.ts';

/**
 * The list of a zip archive's entries, read from its central directory (PKWARE APPNOTE 6.3.10, §4.3.12–4.3.16, zip64
 * included), without touching the entries. It does not trust it: ranges must lie inside the file and may not overlap (the
 * overlapping zip bomb), names may not repeat, leave the archive or carry control characters, encrypted entries are refused.
 */
export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where the entry's bytes begin in the file. */
  readonly offset: number;
}

export const maxZipEntries = 10_000;
const endRecordBytes = 22;
const maxDirectoryBytes = 64 << 20;

/** Entries in the directory's order. Throws `data/unreadable` or `data/unsupported`. */
export function readZipDirectory(source: ByteSource, signal?: AbortSignal): ZipEntry[] {
  throwIfAborted(signal, source.name);
  const { count, offset, size } = findDirectory(source);
  if (count > maxZipEntries)
    throw unsupported(source.name, `${count} entries; the limit is ${maxZipEntries}`);
  if (size > maxDirectoryBytes || offset + size > source.size)
    throw unreadable(source.name, `its directory (${offset}+${size}) lies outside the file`);
  const view = viewOf(source.read(offset, size));
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = readEntry(source, view, at);
    entries.push(entry);
    at = next;
  }
  checkNames(source.name, entries);
  checkOverlap(source.name, entries);
  return entries;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function findDirectory(source: ByteSource): { count: number; offset: number; size: number } {
  const tail = Math.min(source.size, endRecordBytes + 0xffff);
  const start = source.size - tail;
  const view = viewOf(source.read(start, tail));
  for (let at = tail - endRecordBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const plain = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    const wide = plain.count === 0xffff || plain.size === 0xffffffff || plain.offset === 0xffffffff;
    return wide ? findWideDirectory(source, start + at) : plain;
  }
  throw unreadable(source.name, 'no zip directory at its end: not a zip archive, or cut off');
}

function findWideDirectory(
  source: ByteSource,
  endRecord: number,
): { count: number; offset: number; size: number } {
  if (endRecord < 20) throw unreadable(source.name, 'its zip64 locator is missing');
  const locator = viewOf(source.read(endRecord - 20, 20));
  const at = Number(locator.getBigUint64(8, true));
  if (locator.getUint32(0, true) !== 0x07064b50 || at + 56 > source.size)
    throw unreadable(source.name, 'its zip64 locator is damaged');
  const record = viewOf(source.read(at, 56));
  if (record.getUint32(0, true) !== 0x06064b50)
    throw unreadable(source.name, 'its zip64 record is damaged');
  return {
    count: Number(record.getBigUint64(32, true)),
    size: Number(record.getBigUint64(40, true)),
    offset: Number(record.getBigUint64(48, true)),
  };
}

function readEntry(
  source: ByteSource,
  view: DataView,
  at: number,
): { entry: ZipEntry; next: number } {
  if (at + 46 > view.byteLength || view.getUint32(at, true) !== 0x02014b50)
    throw unreadable(source.name, 'its directory is damaged');
  const flags = view.getUint16(at + 8, true);
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
  if (next > view.byteLength) throw unreadable(source.name, 'its directory is cut off');
  const name = new TextDecoder().decode(
    new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength),
  );
  if (flags & 1) throw unsupported(source.name, `"${name}" is encrypted`);
  const sizes = wideSizes(
    {
      size: view.getUint32(at + 24, true),
      compressedSize: view.getUint32(at + 20, true),
      header: view.getUint32(at + 42, true),
    },
    new DataView(view.buffer, view.byteOffset + at + 46 + nameLength, extraLength),
  );
  const method = methodOf(source.name, name, view.getUint16(at + 10, true));
  if (method === 'stored' && sizes.size !== sizes.compressedSize)
    throw unreadable(source.name, `"${name}" is stored but claims two sizes`);
  const offset = dataOffset(source, name, sizes.header);
  if (offset + sizes.compressedSize > source.size)
    throw unreadable(source.name, `"${name}" lies outside the file`);
  const { size, compressedSize } = sizes;
  return {
    entry: { name, method, crc32: view.getUint32(at + 16, true), compressedSize, size, offset },
    next,
  };
}

interface EntrySizes {
  readonly size: number;
  readonly compressedSize: number;
  readonly header: number;
}

/** §4.5.3: the zip64 extra field holds, in this order, only those that are all ones in the entry. */
function wideSizes(narrow: EntrySizes, extra: DataView): EntrySizes {
  const wide = { ...narrow };
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const key of ['size', 'compressedSize', 'header'] as const) {
      if (narrow[key] !== 0xffffffff || field + 8 > extra.byteLength) continue;
      wide[key] = Number(extra.getBigUint64(field, true));
      field += 8;
    }
  }
  return wide;
}

function methodOf(file: string, name: string, method: number): ZipEntry['method'] {
  if (method === 0) return 'stored';
  if (method === 8) return 'deflated';
  throw unsupported(
    file,
    `"${name}" is compressed by method ${method}; only stored and deflated entries are read`,
  );
}

function dataOffset(source: ByteSource, name: string, header: number): number {
  if (header + 30 > source.size) throw unreadable(source.name, `"${name}" lies outside the file`);
  const local = viewOf(source.read(header, 30));
  if (local.getUint32(0, true) !== 0x04034b50)
    throw unreadable(source.name, `"${name}" has no header where it should`);
  return header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
}

function checkNames(file: string, entries: readonly ZipEntry[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (seen.has(name)) throw unreadable(file, `"${name}" occurs twice`);
    seen.add(name);
    if (isUnsafe(name))
      throw unreadable(file, `the name ${JSON.stringify(name)} leads out of the archive`);
  }
}

const isUnsafe = (name: string): boolean =>
  name.startsWith('/') ||
  /^[a-z]:|\\/i.test(name) ||
  name.split('/').includes('..') ||
  Array.from(name).some((letter) => letter < ' ');

function checkOverlap(file: string, entries: readonly ZipEntry[]): void {
  const byOffset = entries.toSorted((a, b) => a.offset - b.offset);
  byOffset.forEach((entry, i) => {
    const next = byOffset[i + 1];
    if (next !== undefined && entry.offset + entry.compressedSize > next.offset)
      throw unreadable(file, `"${entry.name}" and "${next.name}" overlap`);
  });
}
