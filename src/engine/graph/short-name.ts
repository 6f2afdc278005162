/**
 * A short base for the names of things added beside `name`: exporters write paths of a hundred characters, and each Q/DQ pair would repeat
 * them a dozen times (40 KB in a model of 80,000 weights). The last segment says enough; the edit makes it unique.
 */
export function shortName(name: string): string {
  const segments = name.split(/[/;:]/).filter((segment) => /[A-Za-z]/.test(segment));
  const last = segments.at(-1) ?? name;
  return last.length <= 24 ? last : last.slice(-24);
}
