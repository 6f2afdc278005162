import type { ByteSource } from '../../core/index.ts';

/** A source that answers with copies, as a file on disk does, and counts what it was asked for. */
export interface FileLike extends ByteSource {
  readonly reads: { readonly offset: number; readonly length: number }[];
  bytesRead(): number;
}

export function fileLike(bytes: Uint8Array, name = 'file.onnx'): FileLike {
  return fileOf(bytes.length, (offset, length) => bytes.slice(offset, offset + length), name);
}

/** A file whose content is computed when it is read: larger than memory, if need be. */
export function fileOf(
  size: number,
  content: (offset: number, length: number) => Uint8Array,
  name: string,
): FileLike {
  const reads: { offset: number; length: number }[] = [];
  return {
    name,
    size,
    reads,
    bytesRead: () => reads.reduce((sum, read) => sum + read.length, 0),
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size)
        throw new RangeError(`${offset}+${length} of ${size}`);
      reads.push({ offset, length });
      return content(offset, length);
    },
  };
}
