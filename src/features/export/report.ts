import type { Measurements } from '../../engine/index.ts';
import {
  formatBytes,
  formatInteger,
  formatMacs,
  formatMs,
  formatNumber,
  formatPercent,
  formatTimes,
  formatTiny,
  type Key,
  verdictWords,
  type Words,
} from '../../ui/index.ts';
import { escapeHtml, scatterSvg } from './report-chart.ts';
import type { ReportData } from './report-data.ts';

/**
 * The report: one HTML file without scripts and without anything from outside. All text that comes from a model is escaped.
 */
export function reportHtml(data: ReportData, words: Words): string {
  const { t, language } = words;
  const title = t('report.title', { name: data.name });
  const conditions = t('report.conditions', {
    backend: data.settings.backend,
    threads: data.settings.threads,
    dataset: data.dataset,
    samples: data.after.accuracy?.samples ?? data.after.fidelity?.samples ?? 0,
  });
  const accuracy = (point: ReportData['points'][number]): number | undefined => point.accuracy;
  const percent = (value: number): string => formatPercent(value, language);
  const charts = [
    scatterSvg(data.points, {
      title: t('report.bySize'),
      xLabel: t('table.size'),
      yLabel: t('table.accuracy'),
      x: (point) => point.sizeBytes,
      y: accuracy,
      formatX: (value) => formatBytes(Math.max(0, value), language),
      formatY: percent,
    }),
    scatterSvg(data.points, {
      title: t('report.byLatency'),
      xLabel: t('table.warm'),
      yLabel: t('table.accuracy'),
      x: (point) => point.latencyMs,
      y: accuracy,
      formatX: (value) => formatMs(Math.max(0, value), language),
      formatY: percent,
    }),
  ].filter((chart) => chart !== '');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(conditions)}</p>
${table(data, words)}
${charts.map((chart) => `<figure>${chart}${legend(words)}</figure>`).join('\n')}
${verdicts(data.after, words)}
<h2>${escapeHtml(t('report.verified'))}</h2>
<p>${escapeHtml(t('report.verifiedText', { difference: formatTiny(data.verified.maxAbsDifference, language), samples: formatInteger(data.verified.samples, language) }))}<br><code>SHA-256 ${escapeHtml(data.verified.sha256)}</code></p>
<h2>${escapeHtml(t('recipe.title'))}</h2>
<pre>${escapeHtml(JSON.stringify(data.recipe, null, 2))}</pre>
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
figure{margin:24px 0}svg{width:100%;height:auto}.grid{stroke:var(--rule)}.tick,.axis{fill:var(--quiet);font-size:11px}
circle.other{fill:var(--quiet);fill-opacity:.45}circle.original{fill:var(--ground);stroke:var(--original);stroke-width:3}circle.variant{fill:var(--variant)}
figcaption,p{color:var(--quiet)}pre{border:1px solid var(--rule);padding:12px;overflow:auto}code{overflow-wrap:anywhere}
`;

const legend = ({ t }: Words): string =>
  `<figcaption>○ ${escapeHtml(t('side.original'))} · ● ${escapeHtml(t('side.variant'))}</figcaption>`;

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
    return `<tr><th scope="row">${escapeHtml(t(name))}</th><td>${escapeHtml(left ?? '–')}</td><td>${escapeHtml(right ?? '–')}</td></tr>`;
  });
  return `<table><thead><tr><th></th><th scope="col">${escapeHtml(t('side.original'))}</th><th scope="col">${escapeHtml(t('side.variant'))}</th></tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

function verdicts({ verdicts: list }: Measurements, words: Words): string {
  if (list.length === 0) return '';
  const items = list
    .map((verdict) => `<li>${escapeHtml(verdictWords(verdict, words))}</li>`)
    .join('');
  return `<h2>${escapeHtml(words.t('why.title'))}</h2><ul>${items}</ul>`;
}
