import { CartesianGrid, XAxis, YAxis } from 'recharts';
import type { Axis } from './scene.ts';

/** Room around the plot for ticks and axis names. */
export const plotMargin = { top: 22, right: 14, bottom: 18, left: 0 } as const;
const yWidth = 50;

interface TickProps {
  readonly x?: number | string;
  readonly y?: number | string;
  readonly payload?: { readonly value: number };
}

const labelOf = (axis: Axis, value: number | undefined): string =>
  axis.ticks.find((tick) => tick.at === value)?.label ?? '';

/**
 * Thin axes with the scene's own ticks and words: recharts places them, the scene says what they are. Returned as a list of
 * elements, since recharts looks for its axes among the chart's children.
 */
export function axes(x: Axis, y: Axis) {
  const xTick = ({ x: left, y: top, payload }: TickProps) => (
    <text x={left} y={Number(top) + 4} dy="0.71em" textAnchor="middle" className="chart-tick">
      {labelOf(x, payload?.value)}
    </text>
  );
  const yTick = ({ x: left, y: top, payload }: TickProps) => (
    <text x={Number(left)} y={top} dy="0.32em" textAnchor="end" className="chart-tick">
      {labelOf(y, payload?.value)}
    </text>
  );
  const numbers = {
    type: 'number',
    allowDataOverflow: true,
    interval: 0,
    tickLine: false,
  } as const;
  return [
    <CartesianGrid key="grid" vertical={false} syncWithTicks className="chart-grid" />,
    <XAxis
      key="x"
      {...numbers}
      dataKey="x"
      domain={[...x.domain]}
      ticks={x.ticks.map((tick) => tick.at)}
      tick={xTick}
      axisLine={{ className: 'chart-axis' }}
      height={22}
      label={{
        value: x.label,
        position: 'insideBottomRight',
        offset: -14,
        className: 'chart-axis-name',
      }}
    />,
    <YAxis
      key="y"
      {...numbers}
      dataKey="y"
      domain={[...y.domain]}
      ticks={y.ticks.map((tick) => tick.at)}
      tick={yTick}
      axisLine={false}
      width={yWidth}
      label={{
        value: y.label,
        position: 'top',
        offset: 8,
        textAnchor: 'start',
        dx: -yWidth / 2 + 6,
        className: 'chart-axis-name',
      }}
    />,
  ];
}
