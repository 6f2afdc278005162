import { useState } from 'react';
import { Area, ComposedChart, Line, ReferenceLine } from 'recharts';
import { useWords } from '../words.ts';
import { axes, plotMargin } from './axes.tsx';
import { type ActiveMark, MarksLayer } from './marks-layer.tsx';
import type { Curve, Rule, XYScene } from './scene.ts';
import { ChartTooltip } from './tooltip.tsx';
import { useWidth } from './use-width.ts';

interface XYChartProps {
  readonly scene: XYScene;
  readonly height: number;
  /** Enter or a click on a point. */
  onPick(id: string): void;
}

/** Points, curves with their bands, and lines across the plot. */
export function XYChart({ scene, height, onPick }: XYChartProps) {
  const { t } = useWords();
  const [box, width] = useWidth<HTMLDivElement>();
  const [active, setActive] = useState<ActiveMark | undefined>(undefined);
  const mark = scene.marks.find((each) => each.id === active?.id);
  const hint =
    mark?.pickable !== true
      ? undefined
      : t(
          active?.by === 'touch'
            ? 'charts.pick.touch'
            : active?.by === 'keys'
              ? 'charts.pick.keys'
              : 'charts.pick.mouse',
        );
  return (
    <div ref={box} className="chart-plot" role="group" aria-label={scene.name} style={{ height }}>
      {width === 0 ? null : (
        <ComposedChart width={width} height={height} margin={plotMargin} accessibilityLayer={false}>
          {axes(scene.x, scene.y)}
          {scene.curves.filter(hasBand).map(band)}
          {scene.rules.map(rule)}
          {scene.curves.map(line)}
          <MarksLayer
            marks={scene.marks}
            guess={scene.guess}
            missing={scene.missing}
            active={active}
            onActive={setActive}
            onPick={onPick}
          />
        </ComposedChart>
      )}
      {active === undefined || mark === undefined ? null : (
        <ChartTooltip
          x={active.x}
          y={active.y}
          width={width}
          title={mark.title}
          rows={mark.rows}
          hint={hint}
        />
      )}
    </div>
  );
}

const hasBand = (curve: Curve): boolean => curve.points.some((point) => point.low !== undefined);

const still = {
  isAnimationActive: false,
  activeDot: false,
  tooltipType: 'none',
  legendType: 'none',
} as const;

const band = (curve: Curve) => (
  <Area
    {...still}
    key={`band ${curve.id}`}
    data={curve.points.filter((point) => point.low !== undefined && point.high !== undefined)}
    dataKey={(point: Curve['points'][number]) => [point.low, point.high]}
    className={`chart-band tone-${curve.tone}`}
    stroke="none"
    fill="currentColor"
  />
);

const line = (curve: Curve) => (
  <Line
    {...still}
    key={curve.id}
    data={[...curve.points]}
    dataKey="y"
    type={curve.step ? 'stepAfter' : 'linear'}
    dot={false}
    stroke="currentColor"
    className={`chart-line tone-${curve.tone}${curve.step ? ' is-step' : ''}`}
  />
);

const rule = ({ id, axis, at, tone, label }: Rule) => (
  <ReferenceLine
    key={id}
    {...(axis === 'x' ? { x: at } : { y: at })}
    stroke="currentColor"
    className={`chart-rule tone-${tone}`}
    ifOverflow="hidden"
    label={{
      value: label,
      position: axis === 'x' ? 'top' : 'insideBottomRight',
      offset: axis === 'x' ? 6 : 4,
      className: `chart-rule-label tone-${tone}`,
    }}
  />
);
