import { EngineError, quietTask, type ByteSource, type Task } from '../core/index.ts';
import { csvFields, guessSeparator } from './csv-fields.ts';
import { unreadable } from './data-errors.ts';
import type { Dataset } from './dataset.ts';
import { labelsFromNames } from './labels.ts';
import { columnsByContent, columnsByName, type TextColumns } from './text-columns.ts';
import { recordText, textRecords, type TextRecord } from './text-records.ts';

/**
 * Text with labels, from CSV (comma, tab or semicolon) or JSON lines. One pass over the file finds where each record lies
 * and its label; the text is read again when it is asked for, so that memory grows with the records, not with the file.
 */
export async function csvDataset(
  name: string,
  source: ByteSource,
  task: Task = quietTask,
): Promise<Dataset> {
  const parser = csvParser(source);
  return textDataset(name, source, textRecords(source, { quoted: true, task }), parser);
}

export async function jsonlDataset(
  name: string,
  source: ByteSource,
  task: Task = quietTask,
): Promise<Dataset> {
  return textDataset(name, source, textRecords(source, { quoted: false, task }), (record) =>
    parseJsonLine(source, record),
  );
}

interface LabelledText {
  readonly text: string;
  readonly label: string | undefined;
}

/** undefined: the record is a header. */
type RecordParser = (record: TextRecord) => LabelledText | undefined;

async function textDataset(
  name: string,
  source: ByteSource,
  records: AsyncIterable<TextRecord>,
  parse: RecordParser,
): Promise<Dataset> {
  const kept: TextRecord[] = [];
  const names: string[] = [];
  for await (const record of records) {
    const parsed = parse(record);
    if (parsed === undefined) continue;
    kept.push(record);
    if (parsed.label !== undefined) names.push(parsed.label);
    if (names.length > 0 && names.length !== kept.length)
      throw unreadable(
        source.name,
        `line ${record.line} ${parsed.label === undefined ? 'has no label' : 'is the first with a label'}`,
      );
  }
  if (kept.length === 0)
    throw new EngineError('data/empty', { where: source.name, detail: 'no line of text in it' });
  const { labels, classes } =
    names.length > 0 ? labelsFromNames(names) : { labels: undefined, classes: undefined };
  return {
    name,
    kind: 'text',
    count: kept.length,
    classes,
    labels,
    sampleDims: undefined,
    sample: async (index) => {
      const record = kept[index];
      if (record === undefined) throw new RangeError(`${name} has no sample ${index}`);
      return { kind: 'text', text: parse(record)?.text ?? '' };
    },
  };
}

function csvParser(source: ByteSource): RecordParser {
  let layout:
    | { separator: string; columns: TextColumns; width: number; headerAt: number }
    | undefined;
  return (record) => {
    const line = recordText(source, record);
    const separator = layout?.separator ?? guessSeparator(line);
    const fields = csvFields(line, separator);
    if (fields === undefined) throw unreadable(source.name, `a stray quote on line ${record.line}`);
    if (layout === undefined) {
      const named = columnsByName(fields);
      const columns = named ?? columnsByContent(fields);
      layout = {
        separator,
        columns,
        width: fields.length,
        headerAt: named === undefined ? -1 : record.offset,
      };
    }
    if (record.offset === layout.headerAt) return undefined;
    if (fields.length !== layout.width)
      throw unreadable(
        source.name,
        `line ${record.line} has ${fields.length} fields, the first has ${layout.width}`,
      );
    const { text, label } = layout.columns;
    return {
      text: text.map((column) => fields[column] ?? '').join(' '),
      label: label === undefined ? undefined : cleanLabel(fields[label], source, record),
    };
  };
}

function cleanLabel(label: string | undefined, source: ByteSource, record: TextRecord): string {
  const clean = (label ?? '').trim();
  if (clean === '' || clean.toLowerCase() === 'nan')
    throw unreadable(source.name, `line ${record.line} has no label ("${clean}")`);
  return clean;
}

function parseJsonLine(source: ByteSource, record: TextRecord): LabelledText {
  let json: unknown;
  try {
    json = JSON.parse(recordText(source, record));
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw unreadable(source.name, `line ${record.line} is not JSON`);
  }
  if (typeof json === 'string') return { text: json, label: undefined };
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw unreadable(source.name, `line ${record.line} is no JSON object`);
  const pairs = Object.entries(json);
  const columns = columnsByName(pairs.map(([key]) => key));
  const text = columns?.text.map((column) => pairs[column]?.[1] as unknown);
  if (
    columns === undefined ||
    text === undefined ||
    !text.every((part) => typeof part === 'string')
  )
    throw unreadable(
      source.name,
      `line ${record.line} has no text`,
      'Each line should be {"text": "…", "label": …}',
    );
  const label: unknown = columns.label === undefined ? undefined : pairs[columns.label]?.[1];
  if (label === undefined) return { text: text.join(' '), label: undefined };
  if (typeof label !== 'string' && typeof label !== 'number')
    throw unreadable(source.name, `the label on line ${record.line} is neither text nor a number`);
  return { text: text.join(' '), label: cleanLabel(String(label), source, record) };
}
