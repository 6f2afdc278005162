import type { PredictionsReply } from '../../store/index.ts';
import { Disclosure, formatNumber, formatPoints, useWords } from '../../ui/index.ts';
import { className } from './class-name.ts';

interface PerClassProps {
  readonly rows: PredictionsReply['perClass'];
  readonly classes: readonly string[] | undefined;
}

const mostRows = 100;

/** Accuracy class by class, the worst losers first. */
export function PerClass({ rows, classes }: PerClassProps) {
  const { t, language } = useWords();
  if (rows.length === 0) return null;
  const change = (row: (typeof rows)[number]): number =>
    (row.after - row.before) / Math.max(1, row.samples);
  const sorted = rows.toSorted((a, b) => change(a) - change(b)).slice(0, mostRows);
  const share = (count: number, samples: number): string =>
    samples === 0 ? '–' : formatNumber((count / samples) * 100, 1, language);
  return (
    <Disclosure title={t('changed.perClass')} testId="per-class">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('changed.class')}</th>
            <th scope="col" className="original-text">
              {t('side.original')} %
            </th>
            <th scope="col" className="variant-text">
              {t('side.variant')} %
            </th>
            <th scope="col">{t('table.change')}</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.index}>
              <th scope="row">{className(row.index, classes)}</th>
              <td>{share(row.before, row.samples)}</td>
              <td>{share(row.after, row.samples)}</td>
              <td>{formatPoints(change(row), language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Disclosure>
  );
}
