import type { PredictionRow } from '../../store/index.ts';
import { formatPerplexity, useWords } from '../../ui/index.ts';

interface WindowItemProps {
  readonly row: PredictionRow;
  readonly perplexity: NonNullable<PredictionRow['perplexity']>;
  /** There is no variant yet: one side only. */
  readonly unchanged: boolean;
}

/** One window of text: how it begins, and how well each model tells its tokens. */
export function WindowItem({ row, perplexity, unchanged }: WindowItemProps) {
  const { t, language } = useWords();
  const { before, after } = perplexity;
  return (
    <li className="window-item" data-testid="prediction">
      <p className="window-text quiet" lang="">
        {row.text}
      </p>
      <p className="window-values">
        <span className="sr-only">{t('side.original')}: </span>
        <span className="original-text">{formatPerplexity(before, language)}</span>
        {unchanged ? null : (
          <>
            <span aria-hidden="true"> → </span>
            <span className="sr-only">, {t('side.variant')}: </span>
            <span className="variant-text">{formatPerplexity(after, language)}</span>
          </>
        )}
      </p>
    </li>
  );
}
