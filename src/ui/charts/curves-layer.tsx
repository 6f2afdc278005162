import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';
import { longestRun } from './longest-run.ts';
import type { Curve, CurvePoint } from './scene.ts';
import { pathThrough } from './svg-element.ts';

type Scale = (value: number) => number | undefined;

/**
 * Curves with their bands and names, drawn on the chart's own scales. Recharts' `Line` measures its path in the document at every
 * change (`getTotalLength`, for an animation that is off here), which makes the browser lay out the page in the middle of rendering.
 */
export function CurvesLayer({ curves }: { readonly curves: readonly Curve[] }) {
  const plot = usePlotArea();
  const x = useXAxisScale();
  const y = useYAxisScale();
  if (plot === undefined || x === undefined || y === undefined) return null;
  return (
    // A nested svg clips what reaches beyond the plot and needs no id.
    <>
      <svg
        className="chart-clip"
        x={plot.x}
        y={plot.y - 10}
        width={plot.width}
        height={plot.height + 10}
        viewBox={`${plot.x} ${plot.y - 10} ${plot.width} ${plot.height + 10}`}
      >
        {curves.map((curve) => (
          <path
            key={curve.id}
            className={`chart-band tone-${curve.tone}`}
            d={bandPath(curve.points, x, y)}
          />
        ))}
        {curves.map((curve) => (
          <path
            key={curve.id}
            className={`chart-line tone-${curve.tone}${curve.step ? ' is-step' : ''}`}
            d={pathThrough(
              place(curve.points, ({ y: value }) => value, x, y),
              curve.step,
            )}
          />
        ))}
      </svg>
      {curves.map((curve) => (
        <CurveName key={curve.id} curve={curve} x={x} y={y} />
      ))}
    </>
  );
}

function place(
  points: readonly CurvePoint[],
  valueOf: (point: CurvePoint) => number,
  x: Scale,
  y: Scale,
): (readonly [number, number])[] {
  return points.flatMap((point) => {
    const left = x(point.x);
    const top = y(valueOf(point));
    return left === undefined || top === undefined ? [] : [[left, top] as const];
  });
}

function bandPath(points: readonly CurvePoint[], x: Scale, y: Scale): string {
  const whole = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  if (whole.length < 2) return '';
  const over = place(whole, ({ high = 0 }) => high, x, y);
  const under = place(whole, ({ low = 0 }) => low, x, y);
  return `${pathThrough([...over, ...under.toReversed()], false)}Z`;
}

interface CurveNameProps {
  readonly curve: Curve;
  readonly x: Scale;
  readonly y: Scale;
}

/** The name of a staircase stands under its longest level stretch, where nothing better was measured. */
function CurveName({ curve, x, y }: CurveNameProps) {
  const run = longestRun(curve.points);
  if (curve.label === undefined || run === undefined) return null;
  const left = x(run.from);
  const right = x(run.to);
  if (left === undefined || right === undefined || right - left < curve.label.length * 7)
    return null;
  return (
    <text
      className={`chart-curve-name tone-${curve.tone}`}
      x={(left + right) / 2}
      y={(y(run.y) ?? 0) - 7}
      textAnchor="middle"
    >
      {curve.label}
    </text>
  );
}
