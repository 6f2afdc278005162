import { quietTask, type ByteSource, type Task } from '../core/index.ts';
import { unreadable } from './data-errors.ts';

/** Where one record lies in its file. */
export interface TextRecord {
  readonly offset: number;
  readonly length: number;
  /** Line the record begins on, from 1. */
  readonly line: number;
}

const chunkBytes = 1 << 20;
export const maxRecordBytes = 16 << 20;
const newline = 10;
const carriageReturn = 13;
const quote = 34;

/**
 * Cuts a text file into records at its line ends, reading it once in pieces; a gigabyte passes through a megabyte of memory.
 * With `quoted` (CSV, RFC 4180) a line end inside double quotes does not end the record. A byte order mark and
 * empty records are left out.
 */
export async function* textRecords(
  source: ByteSource,
  { quoted, task = quietTask }: { readonly quoted: boolean; readonly task?: Task },
): AsyncGenerator<TextRecord> {
  let start = bomBytes(source);
  let line = 1;
  let startLine = 1;
  let inQuotes = false;
  const recordAt = (end: number): TextRecord | undefined => {
    if (end - start > maxRecordBytes)
      throw unreadable(
        source.name,
        `line ${startLine} is longer than ${maxRecordBytes} bytes${inQuotes ? ': a quote is never closed' : ''}`,
      );
    return end > start ? { offset: start, length: end - start, line: startLine } : undefined;
  };
  for (let base = start; base < source.size; base += chunkBytes) {
    const chunk = source.read(base, Math.min(chunkBytes, source.size - base));
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (quoted && byte === quote) inQuotes = !inQuotes;
      if (byte !== newline) continue;
      line++;
      if (inQuotes) continue;
      const before = i > 0 ? chunk[i - 1] : base > start ? source.read(base - 1, 1)[0] : undefined;
      const record = recordAt(base + i - (before === carriageReturn ? 1 : 0));
      if (record !== undefined) yield record;
      start = base + i + 1;
      startLine = line;
    }
    recordAt(base + chunk.length);
    task.report({ phase: 'loading-data', done: base + chunk.length, total: source.size });
    await task.breathe();
  }
  if (inQuotes)
    throw unreadable(source.name, `a quote opened on line ${startLine} is never closed`);
  const last = recordAt(source.size);
  if (last !== undefined) yield last;
}

/** Length of a UTF-8 byte order mark at the start; UTF-16 is refused. */
export function bomBytes(source: ByteSource): number {
  const head = source.read(0, Math.min(3, source.size));
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff))
    throw unreadable(source.name, 'text in UTF-16', 'Save it as UTF-8');
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
}

/** The record's text. Throws `data/unreadable` when it is not UTF-8. */
export function recordText(source: ByteSource, record: TextRecord): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      source.read(record.offset, record.length),
    );
  } catch {
    throw unreadable(
      source.name,
      `line ${record.line} is not UTF-8 text`,
      'Save the file as UTF-8',
    );
  }
}
