import { useState } from 'react';
import { Button } from '../button.tsx';
import { useWords } from '../words.ts';
import type { ChartTable } from './scene.ts';

interface DataTableProps {
  readonly table: ChartTable;
  readonly caption: string;
  readonly onPick?: (id: string) => void;
  readonly pickLabel?: string;
}

/** Rows built at a time: a model can have thousands of layers, and the page must not freeze. */
const page = 200;

/** The numbers behind a chart. Rows that can be gone back to have a button. */
export function DataTable({ table, caption, onPick, pickLabel }: DataTableProps) {
  const { t } = useWords();
  const [limit, setLimit] = useState(page);
  const more = table.rows.length - limit;
  if (table.rows.length === 0) return <p className="chart-empty">{t('charts.empty')}</p>;
  return (
    // Scrolls on its own, so it must be reachable by keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="chart-table-box" role="group" aria-label={caption} tabIndex={0}>
      <table className="chart-table">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column.label} scope="col" data-numeric={column.numeric || undefined}>
                {column.label}
              </th>
            ))}
            {onPick === undefined ? null : (
              <th scope="col">
                <span className="sr-only">{pickLabel}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {table.rows.slice(0, limit).map((row) => (
            <tr key={row.id} aria-current={row.current === true ? true : undefined}>
              {row.cells.map((cell, i) => {
                const column = table.columns[i];
                const numeric = column?.numeric === true || undefined;
                return i === 0 ? (
                  <th key={column?.label} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={column?.label} data-numeric={numeric}>
                    {cell}
                  </td>
                );
              })}
              {onPick === undefined ? null : (
                <td className="chart-table-act">
                  {row.current === true ? null : (
                    <Button
                      look="plain"
                      aria-label={`${pickLabel ?? ''}: ${row.cells[0] ?? ''}`}
                      onClick={() => onPick(row.id)}
                    >
                      {pickLabel}
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 ? (
        <Button look="plain" onClick={() => setLimit(limit + page)}>
          {t('charts.more', { count: Math.min(page, more), total: table.rows.length })}
        </Button>
      ) : null}
    </div>
  );
}
