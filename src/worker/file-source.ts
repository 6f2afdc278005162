import type { ByteSource } from '../engine/index.ts';

/**
 * A File or Blob as a ByteSource: read on demand and synchronously (FileReaderSync exists in workers only), so that
 * a model of many hundred megabytes is opened by reading its headers alone. Small files are read once.
 */
const wholeUpTo = 4 * 1024 * 1024;

export function fileSource(file: Blob, name: string): ByteSource & { readonly blob: Blob } {
  const reader = new FileReaderSync();
  let whole: Uint8Array | undefined;
  return {
    name,
    size: file.size,
    blob: file,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > file.size)
        throw new RangeError(`${name}: ${offset}+${length} lies outside ${file.size} bytes`);
      if (file.size <= wholeUpTo) {
        whole ??= new Uint8Array(reader.readAsArrayBuffer(file));
        return whole.subarray(offset, offset + length);
      }
      return new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
    },
  };
}

/** A Blob made of parts without copying what lies in files. */
export function blobOf(
  parts: readonly (Uint8Array | { source: ByteSource; offset: number; length: number })[],
): Blob {
  return new Blob(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part as Uint8Array<ArrayBuffer>;
      const blob = (part.source as { blob?: Blob }).blob;
      if (blob !== undefined) return blob.slice(part.offset, part.offset + part.length);
      return part.source.read(part.offset, part.length) as Uint8Array<ArrayBuffer>;
    }),
    { type: 'application/octet-stream' },
  );
}
