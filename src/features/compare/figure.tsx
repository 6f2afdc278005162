import type { ReactNode } from 'react';
import type { Known } from '../../store/index.ts';
import { nbsp, useWords } from '../../ui/index.ts';

interface FigureProps {
  readonly name: ReactNode;
  /** undefined: there is nothing to compare with. */
  readonly before: Known | undefined;
  /** undefined: nothing is changed yet, there is one side only. */
  readonly after: Known | undefined;
  readonly format: (value: number) => string;
  readonly note: string;
  readonly testId: string;
}

/** One of the three numbers. An estimate is grey, hatched, and says so; it turns solid when it is measured. */
export function Figure({ name, before, after, format, note, testId }: FigureProps) {
  const { t } = useWords();
  const estimated = after?.kind === 'estimate';
  return (
    <div className="figure" data-testid={testId} data-kind={after?.kind ?? before?.kind}>
      <div className="figure-name">{name}</div>
      <div className="figure-values">
        {before === undefined ? null : (
          <span className="figure-before" data-testid={`${testId}-before`}>
            <span className="sr-only">{t('side.original')}: </span>
            <KnownValue known={before} format={format} />
          </span>
        )}
        {before === undefined || after === undefined ? null : (
          <span className="figure-arrow" aria-hidden="true">
            →
          </span>
        )}
        {after === undefined ? null : (
          <span className="figure-after" data-testid={`${testId}-after`}>
            <span className="sr-only">{t('side.variant')}: </span>
            <KnownValue known={after} format={format} />
          </span>
        )}
      </div>
      <div className="figure-note" data-testid={`${testId}-note`}>
        {estimated ? <span className="estimate-tag">{t('figure.estimate')}</span> : null}
        {note}
      </div>
    </div>
  );
}

function KnownValue({
  known,
  format,
}: {
  readonly known: Known;
  readonly format: (value: number) => string;
}) {
  const { t } = useWords();
  if (known.kind === 'waiting')
    return (
      <span className="known-waiting">
        <span aria-hidden="true">···</span>
        <span className="sr-only">{t('figure.waiting')}</span>
      </span>
    );
  const [number = '', unit] = format(known.value).split(nbsp);
  return (
    <span className={`known-${known.kind}`}>
      {number}
      {unit === undefined ? null : <span className="figure-unit">{nbsp + unit}</span>}
    </span>
  );
}
