import { useState } from 'react';
import { useMedia } from '../use-media.ts';
import type { Bar, BarRow, BarsScene } from './scene.ts';
import { SidesKey } from './sides-key.tsx';
import { useSize } from './use-size.ts';
import { visibleRange } from './visible-range.ts';

interface BarsChartProps {
  readonly scene: BarsScene;
  readonly minHeight: number;
  /** Few rows with short names: all of them in view. */
  readonly tight?: boolean;
}

/**
 * Two bars a row, original above variant. Thousands of rows scroll: only those in view are built, so every row has the same
 * height.
 */
export function BarsChart({ scene, minHeight, tight = false }: BarsChartProps) {
  const [box, { height }] = useSize<HTMLDivElement>();
  const [top, setTop] = useState(0);
  const narrow = useMedia('(max-width: 639px)');
  const rowHeight = tight ? 34 : narrow ? 62 : 40;
  const total = scene.rows.length;
  const { from, to } = visibleRange({ top, height: Math.max(height, minHeight), rowHeight, total });
  return (
    <div className="bars" data-tight={tight || undefined}>
      <SidesKey before={scene.beforeLabel} after={scene.afterLabel} look="bar" />
      <div
        ref={box}
        className="bars-scroll"
        role="group"
        aria-label={scene.name}
        // Scrolls on its own, so it must be reachable by keys.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        style={{ minHeight: Math.min(minHeight, total * rowHeight), maxHeight: total * rowHeight }}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <ul className="bars-rows" style={{ height: total * rowHeight }}>
          {scene.rows.slice(from, to).map((row, i) => (
            <li
              key={row.id}
              className="bars-row"
              data-aside={row.aside || undefined}
              aria-setsize={total}
              aria-posinset={from + i + 1}
              style={{ height: rowHeight, transform: `translateY(${(from + i) * rowHeight}px)` }}
            >
              <RowName row={row} />
              <span className="bars-pair">
                <BarLine
                  bar={row.before}
                  max={scene.max}
                  tone="original"
                  label={scene.beforeLabel}
                />
                <BarLine bar={row.after} max={scene.max} tone="variant" label={scene.afterLabel} />
              </span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

const RowName = ({ row }: { readonly row: BarRow }) => (
  <span className="bars-name" title={row.name}>
    <span className="bars-name-text">{row.name}</span>
    <span className="bars-note" title={row.note}>
      {row.note}
    </span>
  </span>
);

interface BarLineProps {
  readonly bar: Bar;
  readonly max: number;
  readonly tone: 'original' | 'variant';
  readonly label: string;
}

function BarLine({ bar, max, tone, label }: BarLineProps) {
  const share = bar.value === undefined || max <= 0 ? 0 : Math.min(1, bar.value / max);
  return (
    <span className={`bar-line tone-${tone}`}>
      <span className="sr-only">{label}</span>
      <span className="bar-track">
        {bar.value === undefined ? (
          <span className="bar-absent">{bar.text}</span>
        ) : (
          <span className="bar-fill" style={{ width: `${share * 100}%` }} />
        )}
      </span>
      <span className="bar-text">{bar.value === undefined ? '' : bar.text}</span>
    </span>
  );
}
