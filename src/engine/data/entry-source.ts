import type { ByteSource } from '../core/index.ts';
import { crc32 } from './crc32.ts';
import { unreadable } from './data-errors.ts';
import {
  inflateBounded,
  inflatePrefix,
  type Compression,
  type InflateLimits,
} from './inflate-bounded.ts';
import type { ZipEntry } from './zip-directory.ts';

/** A part of another source, read in slices. */
export function sliceSource(
  source: ByteSource,
  offset: number,
  size: number,
  name: string,
): ByteSource {
  return {
    name,
    size,
    read(at, length) {
      if (at < 0 || length < 0 || at + length > size)
        throw new RangeError(`${name}: ${at}+${length} lies outside ${size} bytes`);
      return source.read(offset + at, length);
    },
  };
}

/**
 * Compressed bytes as a source. The first few kilobytes (a header) are inflated by themselves; anything beyond inflates the
 * whole, once, within the limits. The size is what the container promises.
 */
export function inflatedSource(
  packed: ByteSource,
  compression: Compression,
  size: number,
  limits: InflateLimits,
  check?: (bytes: Uint8Array) => void,
): ByteSource {
  let whole: Uint8Array | undefined;
  let head: Uint8Array | undefined;
  const name = limits.where;
  const headBytes = 4096;
  return {
    name,
    size,
    read(at, length) {
      if (at < 0 || length < 0 || at + length > size)
        throw new RangeError(`${name}: ${at}+${length} lies outside ${size} bytes`);
      if (whole === undefined && at + length <= headBytes) {
        head ??= inflatePrefix(packed.read(0, packed.size), compression, headBytes, name);
        if (at + length <= head.length) return head.subarray(at, at + length);
        throw unreadable(name, `unpacks to ${head.length} bytes and promises ${size}`);
      }
      if (whole === undefined) {
        whole = inflateBounded(packed.read(0, packed.size), compression, limits);
        check?.(whole);
      }
      return whole.subarray(at, at + length);
    },
  };
}

/** An entry of a zip archive as a source: stored entries in slices (unchecked), deflated ones inflated once and checked. */
export function entrySource(archive: ByteSource, entry: ZipEntry): ByteSource {
  const name = `${archive.name}: ${entry.name}`;
  const packed = sliceSource(archive, entry.offset, entry.compressedSize, name);
  if (entry.method === 'stored') return packed;
  return inflatedSource(
    packed,
    'deflate',
    entry.size,
    { where: name, expected: entry.size },
    (bytes) => {
      if (crc32(bytes) !== entry.crc32) throw unreadable(name, 'its checksum does not match');
    },
  );
}

/** A gzip file as a source. Its unpacked size stands in its last four bytes (mod 4 GB), and is held to it. */
export function gzipSource(file: ByteSource): ByteSource {
  if (file.size < 18) throw unreadable(file.name, 'too short for a gzip file');
  const tail = file.read(file.size - 4, 4);
  const size = new DataView(tail.buffer, tail.byteOffset, 4).getUint32(0, true);
  const name = file.name.replace(/\.gz$/i, '');
  return inflatedSource(file, 'gzip', size, { where: name, expected: size });
}
