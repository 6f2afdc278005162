/**
 * The fields of one CSV record (RFC 4180): separated by `separator`, optionally in double quotes, a double quote inside quotes
 * written twice. undefined when a quote stands where none may.
 */
export function csvFields(record: string, separator: string): string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (record[at] === '"') {
      const quoted = readQuoted(record, at + 1);
      if (quoted === undefined) return undefined;
      fields.push(quoted.text);
      at = quoted.end;
      if (at < record.length && record[at] !== separator) return undefined;
    } else {
      const end = record.indexOf(separator, at);
      fields.push(record.slice(at, end < 0 ? record.length : end));
      at = end < 0 ? record.length : end;
    }
    if (at >= record.length) return fields;
    at++;
  }
}

function readQuoted(record: string, from: number): { text: string; end: number } | undefined {
  let text = '';
  let at = from;
  for (;;) {
    const end = record.indexOf('"', at);
    if (end < 0) return undefined;
    text += record.slice(at, end);
    if (record[end + 1] !== '"') return { text, end: end + 1 };
    text += '"';
    at = end + 2;
  }
}

/** The separator a header or first record uses: the commonest of comma, tab and semicolon outside quotes. */
export function guessSeparator(record: string): ',' | '\t' | ';' {
  const bare = record.replace(/"(?:[^"]|"")*"/g, '');
  const count = (separator: string): number => bare.split(separator).length - 1;
  if (count('\t') > count(',') && count('\t') >= count(';')) return '\t';
  return count(';') > count(',') ? ';' : ',';
}
