import { useState } from 'react';
import {
  Area,
  ComposedChart,
  Line,
  ReferenceLine,
  useXAxisScale,
  useYAxisScale,
  ZIndexLayer,
} from 'recharts';
import { useWords } from '../words.ts';
import { axes, plotMargin } from './axes.tsx';
import { longestRun } from './longest-run.ts';
import { type ActiveMark, MarksLayer } from './marks-layer.tsx';
import { Plot } from './plot.tsx';
import type { Curve, CurvePoint, Rule, XYScene } from './scene.ts';
import { ChartTooltip } from './tooltip.tsx';

interface XYChartProps {
  readonly scene: XYScene;
  readonly minHeight: number;
  /** Enter or a click on a point. */
  readonly onPick: (id: string) => void;
}

const hints = {
  mouse: 'charts.pick.mouse',
  touch: 'charts.pick.touch',
  keys: 'charts.pick.keys',
} as const;

/** Above everything that recharts draws. */
const aboveLines = 2000;

/** Points, curves with their bands, and lines across the plot. */
export function XYChart({ scene, minHeight, onPick }: XYChartProps) {
  const { t } = useWords();
  const [active, setActive] = useState<ActiveMark | undefined>(undefined);
  const mark = scene.marks.find((each) => each.id === active?.id);
  return (
    <Plot
      name={scene.name}
      minHeight={minHeight}
      render={({ width, height }) => (
        <ComposedChart width={width} height={height} margin={plotMargin} accessibilityLayer={false}>
          {axes(scene.x, scene.y)}
          {scene.curves.filter(hasBand).map(band)}
          {scene.rules.map(rule)}
          {scene.curves.map(line)}
          <ZIndexLayer zIndex={aboveLines}>
            <CurveNames curves={scene.curves} />
            <MarksLayer
              marks={scene.marks}
              guess={scene.guess}
              missing={scene.missing}
              active={active}
              onActive={setActive}
              onPick={onPick}
            />
          </ZIndexLayer>
        </ComposedChart>
      )}
      renderOver={({ width }) =>
        active === undefined || mark === undefined ? null : (
          <ChartTooltip
            x={active.x}
            y={active.y}
            width={width}
            title={mark.title}
            rows={mark.rows}
            hint={mark.pickable ? t(hints[active.by]) : undefined}
          />
        )
      }
    />
  );
}

const isWhole = ({ low, high }: CurvePoint): boolean => low !== undefined && high !== undefined;
const hasBand = (curve: Curve): boolean => curve.points.some(isWhole);

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
    data={curve.points.filter(isWhole)}
    dataKey={(point: CurvePoint) => [point.low, point.high]}
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
    {...(label === undefined
      ? {}
      : {
          label: {
            value: label,
            position: axis === 'x' ? 'insideTopLeft' : 'insideBottomRight',
            offset: axis === 'x' ? 6 : 4,
            className: `chart-rule-label tone-${tone}`,
          },
        })}
  />
);

/** The name of a staircase stands under its longest level stretch, where nothing better was measured. */
function CurveNames({ curves }: { readonly curves: readonly Curve[] }) {
  const xScale = useXAxisScale();
  const yScale = useYAxisScale();
  if (xScale === undefined || yScale === undefined) return null;
  return curves.map((curve) => {
    const run = longestRun(curve.points);
    if (curve.label === undefined || run === undefined) return null;
    const left = xScale(run.from);
    const right = xScale(run.to);
    if (left === undefined || right === undefined || right - left < curve.label.length * 7)
      return null;
    return (
      <text
        key={curve.id}
        className={`chart-curve-name tone-${curve.tone}`}
        x={(left + right) / 2}
        y={(yScale(run.y) ?? 0) - 7}
        textAnchor="middle"
      >
        {curve.label}
      </text>
    );
  });
}
