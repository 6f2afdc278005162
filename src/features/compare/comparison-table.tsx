import { memo } from 'react';
import { useStudio } from '../../store/index.ts';
import { type Key, useWords } from '../../ui/index.ts';
import { Term } from '../../ui/term.tsx';
import { type ComparisonRow, selectComparison } from './comparison-rows.ts';

/** Before and after, number by number, in two tables that stand side by side where there is room. */
export function ComparisonTable() {
  const { t } = useWords();
  const { work, speed, unchanged } = useStudio(selectComparison);
  return (
    <section className="comparison" aria-labelledby="comparison-title" data-testid="comparison">
      <h2 id="comparison-title" className="sr-only">
        {t('table.title')}
      </h2>
      <Rows caption="table.work" rows={work} unchanged={unchanged} />
      <Rows caption="table.speed" rows={speed} unchanged={unchanged} />
    </section>
  );
}

interface RowsProps {
  readonly caption: Key;
  readonly rows: readonly ComparisonRow[];
  readonly unchanged: boolean;
}

function Rows({ caption, rows, unchanged }: RowsProps) {
  const words = useWords();
  const { t } = words;
  return (
    <table className="table">
      <caption className="sr-only">{t(caption)}</caption>
      <thead>
        <tr>
          <th scope="col">{t(caption)}</th>
          <th scope="col" className="original-text">
            {t('side.original')}
          </th>
          <th scope="col" className="variant-text">
            {t('side.variant')}
          </th>
          <th scope="col">{t('table.change')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row
            key={row.key}
            id={row.key}
            name={row.name}
            meaning={row.meaning}
            before={row.before === undefined ? '–' : row.format(row.before, words)}
            after={unchanged || row.after === undefined ? '–' : row.format(row.after, words)}
            change={unchanged ? '' : (row.change?.(words) ?? '')}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends Pick<ComparisonRow, 'name' | 'meaning'> {
  readonly id: string;
  readonly before: string;
  readonly after: string;
  readonly change: string;
}

/** Drawn again only when what it says has changed: as a slider moves, most rows stay as they are. */
const Row = memo(function Row({ id, name, meaning, before, after, change }: RowProps) {
  const { t } = useWords();
  return (
    <tr data-testid={`row-${id}`}>
      <th scope="row">
        {meaning === undefined ? t(name) : <Term word={name} meaning={meaning} />}
      </th>
      <td>{before}</td>
      <td>{after}</td>
      <td className="quiet">{change}</td>
    </tr>
  );
});
