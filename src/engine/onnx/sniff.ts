import type { ByteSource } from '../core/index.ts';

/**
 * What a file is that could not be read as ONNX, by its first bytes: so that the message can say "a PyTorch archive"
 * instead of "malformed". Asked only after reading failed; a valid model is never judged by its looks.
 */
export function looksLike(source: ByteSource): string | undefined {
  const head = source.read(0, Math.min(source.size, 512));
  if (head.length < 4) return 'a file of a few bytes';
  for (const [at, magic, what] of magics) if (startsWith(head, at, magic)) return what;
  if (isSafetensors(head, source.size)) return 'a safetensors file (weights without a graph)';
  if (
    head[0] === 0x80 &&
    (head[1] as number) >= 2 &&
    (head[1] as number) <= 5 &&
    source.read(source.size - 1, 1)[0] === 0x2e
  )
    return 'a Python pickle (an old PyTorch file)';
  return looksLikeText(head);
}

const magics: readonly (readonly [number, string, string])[] = [
  [0, '\x89PNG', 'a PNG image'],
  [0, '\xff\xd8\xff', 'a JPEG image'],
  [0, 'GIF8', 'a GIF image'],
  [0, '%PDF', 'a PDF document'],
  [0, 'PK\x03\x04', 'a zip archive (PyTorch files and packed models are zip archives)'],
  [0, '\x1f\x8b', 'a gzip archive'],
  [0, '\x89HDF', 'an HDF5 file (Keras saves models so)'],
  [0, 'GGUF', 'a GGUF file (llama.cpp)'],
  [0, '\x93NUMPY', 'a NumPy array'],
  [0, 'RIFF', 'a sound or image file'],
  [4, 'TFL3', 'a TensorFlow Lite model'],
  [4, 'ORTM', 'an ONNX Runtime model (.ort)'],
  [0, 'version https://git-lfs', 'a Git LFS pointer: the model itself was not downloaded'],
];

function startsWith(head: Uint8Array, at: number, magic: string): boolean {
  if (head.length < at + magic.length) return false;
  for (let i = 0; i < magic.length; i++) if (head[at + i] !== magic.charCodeAt(i)) return false;
  return true;
}

/** Eight bytes of header length, then a JSON object. */
function isSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return (
    view.getUint32(4, true) === 0 &&
    view.getUint32(0, true) <= size - 8 &&
    head[8] === 0x7b &&
    head[9] === 0x22
  );
}

function looksLikeText(head: Uint8Array): string | undefined {
  const text = new TextDecoder()
    .decode(head)
    .replace(/^\ufeff/, '')
    .trimStart();
  if (/^(<!doctype html|<html|<head|<body|<!--)/i.test(text))
    return 'a web page (HTML): the download went wrong';
  if (text.startsWith('<?xml') || text.startsWith('<svg')) return 'an XML file';
  if (/^[{[]/.test(text) && isPrintable(head)) return 'a JSON file';
  return isPrintable(head) ? 'a text file' : undefined;
}

const isPrintable = (head: Uint8Array): boolean =>
  head.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
