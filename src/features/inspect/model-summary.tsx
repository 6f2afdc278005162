import type { ReactNode } from 'react';
import { selectMacs } from './select-macs.ts';
import { type OpenedModel, useStudio } from '../../store/index.ts';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatMacs,
  formatPercent,
  useWords,
} from '../../ui/index.ts';

type Summary = OpenedModel['summary'];

/** What the file holds. */
export function ModelSummary() {
  const { t, language } = useWords();
  const model = useStudio((state) => state.model);
  const macs = useStudio(selectMacs);
  if (model === undefined) return null;
  const { summary } = model;
  return (
    <div className="summary">
      <dl className="facts">
        <Fact name={t('summary.size')}>{formatBytes(summary.sizeBytes, language)}</Fact>
        <Fact name={t('summary.params')}>{formatCount(summary.params, language)}</Fact>
        <Fact name={t('summary.macs')}>
          {macs === undefined ? '…' : formatMacs(macs, language)}
        </Fact>
        <Fact name={t('summary.nodes')}>{formatInteger(summary.nodes, language)}</Fact>
        <Fact name={t('summary.opset')}>{opsets(summary)}</Fact>
        <Fact name={t('summary.ir')}>{summary.irVersion}</Fact>
        {summary.producer === '' ? null : (
          <Fact name={t('summary.producer')}>{summary.producer}</Fact>
        )}
        <Fact name={t('summary.id')}>
          <code>{model.id}</code>
        </Fact>
        {summary.externalFiles.length === 0 ? null : (
          <Fact name={t('summary.external')}>{summary.externalFiles.join(', ')}</Fact>
        )}
        {summary.customOperators.length === 0 ? null : (
          <Fact name={t('summary.custom')}>{summary.customOperators.join(', ')}</Fact>
        )}
      </dl>
      <h3 className="summary-title">{t('summary.interface')}</h3>
      <Slots summary={summary} />
      <h3 className="summary-title">{t('summary.dtypes')}</h3>
      <Shares
        rows={summary.dtypes.map(({ dtype, bytes }) => ({
          name: dtype,
          value: bytes,
          text: formatBytes(bytes, language),
        }))}
      />
      <h3 className="summary-title">{t('summary.operators')}</h3>
      <Shares
        rows={summary.operators.slice(0, 24).map(({ opType, domain, count }) => ({
          name: domain === '' ? opType : `${domain}:${opType}`,
          value: count,
          text: formatInteger(count, language),
        }))}
      />
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const opsets = (summary: Summary): string =>
  Object.entries(summary.opsets)
    .map(([domain, version]) => (domain === '' ? String(version) : `${domain} ${version}`))
    .join(', ');

function Slots({ summary }: { readonly summary: Summary }) {
  const { t } = useWords();
  const rows = [
    ...summary.inputs.map((slot) => ({ ...slot, role: t('summary.input') })),
    ...summary.outputs.map((slot) => ({ ...slot, role: t('summary.output') })),
  ];
  return (
    <table className="table table-left">
      <thead>
        <tr>
          <th scope="col">{t('summary.role')}</th>
          <th scope="col">{t('summary.name')}</th>
          <th scope="col">{t('summary.type')}</th>
          <th scope="col">{t('summary.shape')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((slot) => (
          <tr key={`${slot.role}-${slot.name}`}>
            <th scope="row">{slot.role}</th>
            <td>{slot.name}</td>
            <td>{slot.type ?? '?'}</td>
            <td>
              {slot.dims === null ? '?' : `[${slot.dims.map((dim) => dim ?? '?').join(', ')}]`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ShareRow {
  readonly name: string;
  readonly value: number;
  readonly text: string;
}

/** Names with a bar each, the largest filling its place. */
function Shares({ rows }: { readonly rows: readonly ShareRow[] }) {
  const { language } = useWords();
  const total = rows.reduce((sum, row) => sum + row.value, 0);
  const largest = Math.max(1, ...rows.map((row) => row.value));
  return (
    <ul className="shares">
      {rows.map((row) => (
        <li key={row.name} className="share">
          <span className="share-name">{row.name}</span>
          <meter className="share-bar" min={0} max={largest} value={row.value} aria-hidden="true" />
          <span className="share-text">
            {row.text}
            <span className="quiet">
              {' '}
              {formatPercent(total === 0 ? 0 : row.value / total, language, 0)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
