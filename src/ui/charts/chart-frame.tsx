import { type ReactNode, useId, useState } from 'react';
import { Button } from '../button.tsx';
import { Segments } from '../segments.tsx';
import { useWords } from '../words.ts';
import { DataTable } from './data-table.tsx';
import { saveSvg } from './save-svg.ts';
import type { ChartTable } from './scene.ts';

export interface ChartFrameProps {
  readonly title: string;
  /** One sentence: what the chart says, with its numbers. */
  readonly summary: string;
  readonly controls?: ReactNode;
  /** The same numbers as a table. */
  readonly table: ChartTable;
  /** What the chart leaves out, said. */
  readonly notes?: readonly string[];
  /** What can be done about it, behind the notes. */
  readonly noteAction?: ReactNode;
  /** The drawing as a file of its own. */
  readonly svg?: (() => string) | undefined;
  readonly testId: string;
  readonly onPick?: (id: string) => void;
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
    noteAction,
    svg,
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
        <div className="chart-view">
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
        </div>
        <div className="chart-controls">{controls}</div>
      </header>
      <p className="chart-summary" data-testid={`${testId}-summary`}>
        {summary}
      </p>
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
      {notes.length === 0 && svg === undefined ? null : (
        <footer className="chart-foot">
          <p className="chart-note">
            {notes.join(' ')} {noteAction}
          </p>
          {svg === undefined || view === 'table' ? null : (
            <Button
              look="plain"
              data-testid={`${testId}-save`}
              onClick={() => saveSvg(svg(), `${title}.svg`)}
            >
              {t('charts.saveSvg')}
            </Button>
          )}
        </footer>
      )}
    </section>
  );
}
