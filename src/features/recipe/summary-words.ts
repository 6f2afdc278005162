import { formatBytes, formatNumber, formatPercent, type Words } from '../../ui/index.ts';

type Summary = Readonly<Record<string, number | string>>;

/**
 * The line of what a step did. The sentence belongs to the method (`summary.prune-weights`); the numbers of the summary fill it,
 * counts with separators, `savedBytes` as bytes, and the share of two counts where the sentence asks for one.
 */
export function summaryWords(method: string, summary: Summary, { language, maybe }: Words): string {
  const written: Record<string, string> = {};
  for (const [key, value] of Object.entries(summary))
    written[key] =
      typeof value === 'string'
        ? (maybe(`value.${value}`) ?? value)
        : key.endsWith('Bytes')
          ? formatBytes(value, language)
          : formatNumber(value, Number.isInteger(value) ? 0 : 1, language);
  const share = shareOf(summary);
  if (share !== undefined) written['share'] = formatPercent(share, language);
  // A network without blocks only gets narrower.
  const mode = summary['blocks'] === 0 ? 'narrower' : summary['mode'];
  const sentence =
    (typeof mode === 'string' ? maybe(`summary.${method}.${mode}`, written) : undefined) ??
    maybe(`summary.${method}`, written);
  return (
    sentence ??
    Object.entries(written)
      .map(([key, value]) => `${key} ${value}`)
      .join(' · ')
  );
}

function shareOf(summary: Summary): number | undefined {
  const part = summary['zeroWeights'] ?? summary['removed'];
  const whole = summary['weights'] ?? summary['channels'];
  return typeof part === 'number' && typeof whole === 'number' && whole > 0
    ? part / whole
    : undefined;
}
