interface ChartTooltipProps {
  /** Where it points to, in the chart's pixels, and how wide the chart is. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
  readonly hint?: string | undefined;
}

const roomRight = 250;

/** Beside the point, on the side that has room. Screen readers get the same words from the point itself. */
export function ChartTooltip({ x, y, width, title, rows, hint }: ChartTooltipProps) {
  const side = x + roomRight < width ? 'right' : x > roomRight ? 'left' : 'middle';
  return (
    <div
      className="chart-tip"
      data-side={side}
      aria-hidden="true"
      style={{ left: side === 'middle' ? width / 2 : x, top: y }}
    >
      <p className="chart-tip-title">{title}</p>
      <dl className="chart-tip-rows">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {hint === undefined ? null : <p className="chart-tip-hint">{hint}</p>}
    </div>
  );
}
