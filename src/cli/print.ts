import type { ModelSummary, Report } from '../engine/index.ts';

/** What people read on the terminal; `--json` prints the documents instead. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const ms = (value: number): string => `${value.toPrecision(3)} ms`;

export function describeSummary(
  summary: ModelSummary & {
    file: string;
    nonzeroParams: number;
    macs: number | null;
    macsUnknown: string | null;
  },
): string {
  const slots = (list: ModelSummary['inputs']): string =>
    list
      .map(
        ({ name, type, dims }) =>
          `${name} ${type ?? '?'}[${dims?.map((dim) => dim ?? '?').join(', ') ?? '?'}]`,
      )
      .join(', ');
  const macs = summary.macs === null ? 'not known' : number.format(summary.macs);
  return [
    summary.file,
    `  size        ${number.format(summary.sizeBytes)} bytes`,
    `  parameters  ${number.format(summary.params)} (${number.format(summary.nonzeroParams)} not zero)`,
    `  MACs        ${macs}${summary.macsUnknown === null ? '' : ` (${summary.macsUnknown})`}`,
    `  opset       ${Object.entries(summary.opsets)
      .map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`)
      .join(', ')}, IR ${summary.irVersion}`,
    `  made by     ${summary.producer || 'not stated'}`,
    `  inputs      ${slots(summary.inputs)}`,
    `  outputs     ${slots(summary.outputs)}`,
    `  operators   ${summary.operators.map(({ opType, count }) => `${opType} ${count}`).join(', ')}`,
    `  types       ${summary.dtypes.map(({ dtype, bytes }) => `${dtype} ${number.format(bytes)} bytes`).join(', ')}`,
    ...(summary.externalFiles.length === 0
      ? []
      : [`  external    ${summary.externalFiles.join(', ')}`]),
  ].join('\n');
}

export function describeReport(report: Report): string {
  const { latency, accuracy, fidelity } = report;
  return [
    report.file || '(not written)',
    `  size        ${number.format(report.sizeBytes)} bytes, ${number.format(report.params)} parameters, ${number.format(report.nonzeroParams)} not zero`,
    `  MACs        ${report.macs === null ? 'not known' : number.format(report.macs)}`,
    ...(latency === null
      ? []
      : [
          `  latency     ${ms(latency.p50Ms)} median, ${ms(latency.p95Ms)} p95, ${ms(latency.coldMs)} cold; ${latency.speedup.toFixed(2)}× (${latency.backend}, ${latency.threads} threads, ${latency.runs} runs)`,
        ]),
    ...(accuracy === null ? [] : [accuracyLine(accuracy)]),
    ...(fidelity === null
      ? []
      : [
          `  fidelity    ${fidelity.top1Agreement === null ? '' : `${percent(fidelity.top1Agreement)} agreement, `}SQNR ${fidelity.sqnrDb === null ? 'infinite' : `${fidelity.sqnrDb.toFixed(1)} dB`}, largest error ${fidelity.maxAbsError ?? 'infinite'}`,
        ]),
    ...report.verdicts.map(({ message }) => `  · ${message}`),
  ].join('\n');
}

const accuracyLine = ({
  metric,
  value,
  low,
  high,
  samples,
}: NonNullable<Report['accuracy']>): string =>
  metric === 'perplexity'
    ? `  perplexity  ${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}, ${samples} tokens)`
    : `  accuracy    ${percent(value)} ${metric} (${percent(low)} to ${percent(high)}, ${samples} samples)`;
