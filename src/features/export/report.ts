import type { Measurements } from '../../engine/index.ts';
import {
  formatBytes,
  formatInteger,
  formatMacs,
  formatMs,
  formatNumber,
  formatPercent,
  formatPerplexity,
  formatTimes,
  formatTiny,
  type Key,
  verdictWords,
  type Words,
} from '../../ui/index.ts';
import type { ReportChart } from '../../ui/charts/scene.ts';
import { escapeXml } from '../../ui/charts/svg-element.ts';
import type { ReportData } from './report-data.ts';

/**
 * The report: one HTML file without scripts and without anything from outside. All text that comes from a model is escaped.
 */
export function reportHtml(data: ReportData, charts: readonly ReportChart[], words: Words): string {
  const { t, language } = words;
  const title = t('report.title', { name: data.name });
  const conditions = t('report.conditions', {
    backend: data.settings.backend,
    threads: data.settings.threads,
    dataset: data.dataset,
    samples: data.after.accuracy?.samples ?? data.after.fidelity?.samples ?? 0,
  });
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeXml(title)}</h1>
<p>${escapeXml(conditions)}</p>
${table(data, words)}
${charts.map(figure).join('\n')}
${verdicts(data.after, words)}
<h2>${escapeXml(t('report.verified'))}</h2>
<p>${escapeXml(t('report.verifiedText', { difference: formatTiny(data.verified.maxAbsDifference, language), samples: formatInteger(data.verified.samples, language) }))}<br><code>SHA-256 ${escapeXml(data.verified.sha256)}</code></p>
<h2>${escapeXml(t('recipe.title'))}</h2>
<pre>${escapeXml(JSON.stringify(data.recipe, null, 2))}</pre>
</body>
</html>
`;
}

const style = `
:root{color-scheme:light dark;--ink:#16191d;--quiet:#646d78;--rule:#dfe3e7;--ground:#fff;--original:#5b6673;--variant:#c2410c}
@media(prefers-color-scheme:dark){:root{--ink:#eceff2;--quiet:#939ca6;--rule:#2b3137;--ground:#131619;--original:#a3aebb;--variant:#ff9557}}
body{font:14px/1.5 system-ui,"Apple SD Gothic Neo","Noto Sans KR",sans-serif;color:var(--ink);background:var(--ground);max-width:720px;margin:32px auto;padding:0 16px}
h1{font-size:22px}h2{font-size:16px;margin-top:28px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--rule)}th:first-child{text-align:left;font-weight:400}
figure{margin:24px 0}svg{width:100%;height:auto}
figcaption,p{color:var(--quiet)}pre{border:1px solid var(--rule);padding:12px;overflow:auto}code{overflow-wrap:anywhere}
`;

const figure = ({ title, summary, svg, notes }: ReportChart): string =>
  `<figure><h2>${escapeXml(title)}</h2>${svg}<figcaption>${escapeXml([summary, ...notes].join(' '))}</figcaption></figure>`;

type Row = readonly [name: Key, read: (measurements: Measurements) => string | undefined];

function table({ before, after }: ReportData, words: Words): string {
  const { t, language } = words;
  const optional = (
    value: number | undefined,
    write: (value: number) => string,
  ): string | undefined => (value === undefined ? undefined : write(value));
  const rows: readonly Row[] = [
    ['table.size', (m) => formatBytes(m.size.sizeBytes, language)],
    ['table.gzip', (m) => optional(m.size.gzipBytes, (bytes) => formatBytes(bytes, language))],
    ['table.params', (m) => formatInteger(m.size.params, language)],
    ['table.nonzero', (m) => formatInteger(m.size.nonzeroParams, language)],
    ['table.macs', (m) => optional(m.size.macs, (macs) => formatMacs(macs, language))],
    ['table.cold', (m) => optional(m.latency?.coldMs, (ms) => formatMs(ms, language))],
    ['table.warm', (m) => optional(m.latency?.p50Ms, (ms) => formatMs(ms, language))],
    ['table.p95', (m) => optional(m.latency?.p95Ms, (ms) => formatMs(ms, language))],
    [
      'table.speedup',
      ({ latency }) =>
        latency === undefined
          ? undefined
          : `${formatTimes(latency.speedup, language)} (${formatNumber(latency.speedupLow, 2, language)}–${formatNumber(latency.speedupHigh, 2, language)})`,
    ],
    [
      'table.accuracy',
      ({ accuracy }) =>
        accuracy === undefined
          ? undefined
          : `${formatPercent(accuracy.value, language)} (${formatNumber(accuracy.low * 100, 1, language)}–${formatNumber(accuracy.high * 100, 1, language)})`,
    ],
    [
      'table.perplexity',
      ({ perplexity }) =>
        perplexity === undefined
          ? undefined
          : `${formatPerplexity(perplexity.value, language)} (${formatPerplexity(perplexity.low, language)}–${formatPerplexity(perplexity.high, language)})`,
    ],
    [
      'table.agreement',
      (m) => optional(m.fidelity?.top1Agreement, (share) => formatPercent(share, language)),
    ],
    [
      'table.maxError',
      (m) => optional(m.fidelity?.maxAbsError, (error) => formatTiny(error, language)),
    ],
  ];
  const lines = rows.map(([name, read]) => {
    const left = before === undefined ? undefined : read(before);
    const right = read(after);
    if (left === undefined && right === undefined) return '';
    return `<tr><th scope="row">${escapeXml(t(name))}</th><td>${escapeXml(left ?? '–')}</td><td>${escapeXml(right ?? '–')}</td></tr>`;
  });
  return `<table><thead><tr><th></th><th scope="col">${escapeXml(t('side.original'))}</th><th scope="col">${escapeXml(t('side.variant'))}</th></tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

function verdicts({ verdicts: list }: Measurements, words: Words): string {
  if (list.length === 0) return '';
  const items = list
    .map((verdict) => `<li>${escapeXml(verdictWords(verdict, words))}</li>`)
    .join('');
  return `<h2>${escapeXml(words.t('why.title'))}</h2><ul>${items}</ul>`;
}
