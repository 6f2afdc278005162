import { type ReactNode, useId, useState } from 'react';
import { Segments } from '../segments.tsx';
import { useWords } from '../words.ts';
import { DataTable } from './data-table.tsx';
import type { ChartTable } from './scene.ts';

interface ChartFrameProps {
  readonly title: string;
  /** One sentence: what the chart says, with its numbers. */
  readonly summary: string;
  readonly controls?: ReactNode;
  /** The same numbers as a table. */
  readonly table: ChartTable;
  /** What the chart leaves out, said. */
  readonly notes?: readonly string[];
  readonly testId: string;
  onPick?(id: string): void;
  readonly pickLabel?: string;
  readonly children: ReactNode;
}

/** Around every chart: its name, what it says, and the same numbers as a table. */
export function ChartFrame(props: ChartFrameProps) {
  const {
    title,
    summary,
    controls,
    table,
    notes = [],
    testId,
    onPick,
    pickLabel,
    children,
  } = props;
  const { t } = useWords();
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const heading = useId();
  return (
    <section className="chart" aria-labelledby={heading} data-testid={testId} data-view={view}>
      <header className="chart-head">
        <h2 id={heading} className="chart-title">
          {title}
        </h2>
        <p className="chart-summary" data-testid={`${testId}-summary`}>
          {summary}
        </p>
      </header>
      <div className="chart-controls">
        {controls}
        <span className="chart-view">
          <Segments
            label={t('charts.view')}
            value={view}
            options={[
              { value: 'chart', label: t('charts.view.chart') },
              { value: 'table', label: t('charts.view.table') },
            ]}
            onChange={(value) => setView(value)}
            testId={`${testId}-view`}
          />
        </span>
      </div>
      {view === 'table' ? (
        <DataTable
          table={table}
          caption={title}
          {...(onPick === undefined ? {} : { onPick })}
          {...(pickLabel === undefined ? {} : { pickLabel })}
        />
      ) : (
        <div className="chart-body">{children}</div>
      )}
      {notes.map((note) => (
        <p key={note} className="chart-note">
          {note}
        </p>
      ))}
    </section>
  );
}
