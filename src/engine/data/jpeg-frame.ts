import { unreadable, unsupported } from './data-errors.ts';
import { exifOrientation } from './exif-orientation.ts';

/** What stands in a JPEG before its first scan (ITU-T T.81, Annex B). */
export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  /** Identifier and sampling factors of each component, in order. */
  readonly components: readonly { readonly id: number; readonly h: number; readonly v: number }[];
  readonly orientation: number;
  /** Adobe's APP14 segment: where it lies, and its colour transform (0: none, 1: YCbCr, 2: YCCK). */
  readonly adobe:
    | { readonly from: number; readonly to: number; readonly transform: number }
    | undefined;
}

/** Walks the segments up to the frame header. Throws `data/unreadable` or `data/unsupported`. */
export function readJpegFrame(bytes: Uint8Array, where: string): JpegFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  let adobe: JpegFrame['adobe'];
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw unreadable(where, `no JPEG marker at byte ${at}`);
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    const body = bytes.subarray(at + 4, end);
    if (marker === 0xe1 && text(body, 6) === 'Exif\0\0')
      orientation = exifOrientation(body.subarray(6));
    if (marker === 0xee && body.length >= 12 && text(body, 5) === 'Adobe')
      adobe = { from: at, to: end, transform: body[11] as number };
    if (isFrame(marker)) return { ...frameOf(marker, body, where), orientation, adobe };
    if (marker === 0xda || marker === 0xd9) break;
    at = end;
  }
  throw unreadable(where, 'a JPEG without a frame: cut off or damaged');
}

const text = (bytes: Uint8Array, length: number): string =>
  String.fromCharCode(...bytes.subarray(0, length));

/** SOF0–SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function frameOf(
  marker: number,
  body: Uint8Array,
  where: string,
): Pick<JpegFrame, 'width' | 'height' | 'components'> {
  if (marker > 0xc2)
    throw unsupported(
      where,
      `a lossless, hierarchical or arithmetic-coded JPEG (SOF${marker - 0xc0})`,
      'Save it as an ordinary JPEG',
    );
  const count = body[5] ?? 0;
  if (body.length < 6 + 3 * count) throw unreadable(where, 'its frame header is cut off');
  if (body[0] !== 8)
    throw unsupported(where, `a JPEG of ${body[0] ?? 0} bits a sample`, 'Save it with 8 bits');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const components = Array.from({ length: count }, (_, i) => {
    const sampling = body[7 + 3 * i] as number;
    return { id: body[6 + 3 * i] as number, h: sampling >> 4, v: sampling & 15 };
  });
  return { height: view.getUint16(1), width: view.getUint16(3), components };
}
