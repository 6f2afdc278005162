import type { PredictionRow } from '../../store/index.ts';
import { formatPercent, Pixels, useWords } from '../../ui/index.ts';
import { className } from './class-name.ts';

interface PredictionItemProps {
  readonly row: PredictionRow;
  readonly classes: readonly string[] | undefined;
  /** There is no variant yet: one side only. */
  readonly unchanged: boolean;
}

/** One sample: its picture, its label, and what both models make of it. */
export function PredictionItem({ row, classes, unchanged }: PredictionItemProps) {
  const { t } = useWords();
  const before = row.before[0]?.index;
  const after = row.after[0]?.index;
  const changed = before !== after;
  const label = row.label === undefined ? undefined : className(row.label, classes);
  return (
    <li className="prediction" data-changed={changed || undefined} data-testid="prediction">
      {row.image === undefined ? (
        <span className="prediction-index">#{row.index}</span>
      ) : (
        <Pixels
          {...row.image}
          size={40}
          label={t('changed.picture', { label: label ?? row.index })}
        />
      )}
      <div className="prediction-body">
        <p className="prediction-label">
          {label === undefined
            ? t('changed.sample', { index: row.index })
            : t('changed.label', { label })}
          {changed ? <span className="changed-tag">{t('changed.flipped')}</span> : null}
        </p>
        {row.text === undefined ? null : <p className="prediction-text quiet">{row.text}</p>}
        <Scores side="original" scores={row.before} label={row.label} classes={classes} />
        {unchanged ? null : (
          <Scores side="variant" scores={row.after} label={row.label} classes={classes} />
        )}
      </div>
    </li>
  );
}

interface ScoresProps {
  readonly side: 'original' | 'variant';
  readonly scores: PredictionRow['before'];
  readonly label: number | undefined;
  readonly classes: readonly string[] | undefined;
}

function Scores({ side, scores, label, classes }: ScoresProps) {
  const { t, language } = useWords();
  const [top] = scores;
  if (top === undefined) return null;
  const right = label === undefined ? undefined : top.index === label;
  const others = scores
    .slice(1, 3)
    .map(
      (score) => `${className(score.index, classes)} ${formatPercent(score.score, language, 0)}`,
    );
  return (
    <p className="scores" data-side={side} title={others.join(' · ')}>
      <span className="sr-only">{t(side === 'original' ? 'side.original' : 'side.variant')}: </span>
      <span className="scores-name">{className(top.index, classes)}</span>
      {right === undefined ? null : (
        <span className="scores-mark" title={t(right ? 'changed.right' : 'changed.wrong')}>
          <span aria-hidden="true">{right ? '✓' : '✗'}</span>
          <span className="sr-only">{t(right ? 'changed.right' : 'changed.wrong')}</span>
        </span>
      )}
      <meter className="scores-bar" min={0} max={1} value={top.score} aria-hidden="true" />
      <span className="scores-value">{formatPercent(top.score, language, 0)}</span>
    </p>
  );
}
