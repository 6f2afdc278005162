import { memo, useMemo, useState } from 'react';
import { ComposedChart, ReferenceLine, ZIndexLayer } from 'recharts';
import { useWords } from '../words.ts';
import { axes, plotMargin } from './axes.tsx';
import { CurvesLayer } from './curves-layer.tsx';
import { type ActiveMark, MarksLayer } from './marks-layer.tsx';
import { Plot } from './plot.tsx';
import type { Rule, XYScene } from './scene.ts';
import { ChartTooltip } from './tooltip.tsx';
import { useSame } from './use-same.ts';

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

/** Points, curves with their bands, and lines across the plot. Drawn again only for another scene. */
export const XYChart = memo(function XYChart({ scene, minHeight, onPick }: XYChartProps) {
  const { t } = useWords();
  const [active, setActive] = useState<ActiveMark | undefined>(undefined);
  const mark = scene.marks.find((each) => each.id === active?.id);
  // Marks move with every turn of a dial; what lies under them mostly stays.
  const x = useSame(scene.x);
  const y = useSame(scene.y);
  const rules = useSame(scene.rules);
  const ground = useMemo(() => [...axes(x, y), ...rules.map(rule)], [x, y, rules]);
  return (
    <Plot
      name={scene.name}
      minHeight={minHeight}
      render={({ width, height }) => (
        <ComposedChart width={width} height={height} margin={plotMargin} accessibilityLayer={false}>
          {ground}
          <ZIndexLayer zIndex={aboveLines}>
            <CurvesLayer curves={scene.curves} />
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
});

const rule = ({ id, axis, at, tone, label, labelAt }: Rule) => (
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
            position: rulePlace(axis, labelAt),
            offset: axis === 'x' ? 6 : 4,
            className: `chart-rule-label tone-${tone}`,
          },
        })}
  />
);

const rulePlace = (axis: Rule['axis'], labelAt: Rule['labelAt']) => {
  if (axis === 'x') return 'insideTopLeft';
  return labelAt === 'start' ? 'insideBottomLeft' : 'insideBottomRight';
};
