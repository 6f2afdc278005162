/**
 * What a person would read of a mail: its subject and its text, out of the raw message (RFC 5322, MIME: RFC 2045–2047). Headers other than
 * the subject are left out, since they tell which mailbox collected the message rather than what it says. Of several parts the first plain
 * one is taken, else the first HTML one, whose tags are dropped. Mail addresses are
 * replaced: they are people's.
 */
export function mailText(raw: string): string {
  const { headers, body } = splitHeaders(raw.replace(/\r\n/g, '\n'));
  const subject = decodeWords(headers.get('subject') ?? '');
  return tidy(`${subject}\n${readable(headers, body, 0)}`);
}

type Headers = ReadonlyMap<string, string>;

function splitHeaders(text: string): { headers: Headers; body: string } {
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\n[ \t]+/g, ' ').split('\n')) {
    const match = /^([!-9;-~]+):\s*(.*)$/.exec(line);
    const name = match?.[1]?.toLowerCase();
    if (name !== undefined && !headers.has(name)) headers.set(name, match?.[2] ?? '');
  }
  return { headers, body: end < 0 ? '' : text.slice(end + 2) };
}

function readable(headers: Headers, body: string, depth: number): string {
  const type = (headers.get('content-type') ?? 'text/plain').toLowerCase();
  const boundary = /boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(
    headers.get('content-type') ?? '',
  );
  const mark = boundary?.[1] ?? boundary?.[2];
  if (type.startsWith('multipart/') && mark !== undefined && depth < 4)
    return ofParts(
      body
        .split(`--${mark}`)
        .slice(1)
        .map((part) => splitHeaders(part.replace(/^[ \t]*\n/, ''))),
      depth,
    );
  if (!/^(text\/|multipart\/|message\/)/.test(type)) return '';
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1] ?? 'latin1';
  const encoding = (headers.get('content-transfer-encoding') ?? '').toLowerCase();
  const decoded = decodeTransfer(body, encoding, charset);
  const isHtml = type.startsWith('text/html') || /^\s*(<!doctype html|<html|<body)/i.test(decoded);
  return isHtml ? withoutTags(decoded) : decoded;
}

function ofParts(parts: readonly { headers: Headers; body: string }[], depth: number): string {
  const plainness = ({ headers }: { headers: Headers }): number =>
    /^text\/html/i.test(headers.get('content-type') ?? '') ? 1 : 0;
  for (const part of parts.toSorted((a, b) => plainness(a) - plainness(b))) {
    const text = readable(part.headers, part.body, depth + 1);
    if (text.trim() !== '') return text;
  }
  return '';
}

function decodeTransfer(body: string, encoding: string, charset: string): string {
  if (encoding.startsWith('quoted-printable'))
    return decodeBytes(quotedBytes(body.replace(/=[ \t]*\n/g, '')), charset);
  if (!encoding.startsWith('base64')) return body;
  return decodeBytes(base64Bytes(body), charset);
}

const base64Bytes = (text: string): Uint8Array =>
  Buffer.from(text.replace(/[^A-Za-z0-9+/=]/g, ''), 'base64');

/** Letters beyond a byte were decoded before; they stay one byte here and are lost. */
const quotedBytes = (text: string): Uint8Array =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    ),
    'latin1',
  );

/** Latin-1 where the charset is none that is known. */
function decodeBytes(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

/** RFC 2047: `=?charset?Q?…?=` and `=?charset?B?…?=`; blanks between two of them do not count. */
const decodeWords = (text: string): string =>
  text.replace(
    /=\?([^?]+)\?([QB])\?([^?]*)\?=(?:\s+(?==\?))?/gi,
    (_, charset: string, way: string, coded: string) =>
      decodeBytes(
        way.toUpperCase() === 'B' ? base64Bytes(coded) : quotedBytes(coded.replace(/_/g, ' ')),
        charset,
      ),
  );

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
};

function withoutTags(html: string): string {
  return html
    .replace(/<(style|script|title)\b[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<!--[\s\S]*?(-->|$)/g, ' ')
    .replace(/<\/?(p|div|br|tr|li|table|h\d|center)\b[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(#x?[0-9a-f]+|[a-z]+);?/gi, (whole, name: string) => entity(name) ?? whole);
}

function entity(name: string): string | undefined {
  if (!name.startsWith('#')) return entities[name.toLowerCase()];
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code >= 32 && code < 0x10000 ? String.fromCharCode(code) : ' ';
}

/** No control characters, no runs of spaces or empty lines. */
const tidy = (text: string): string =>
  text
    .replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, 'name@example.org')
    .replace(/[^\S\n]|(?!\n)\p{Cc}|\ufffd/gu, ' ')
    .replace(/ +/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim();
