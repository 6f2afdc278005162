import { type KeyboardEvent, useState } from 'react';
import { Area, ComposedChart, Line, usePlotArea, useXAxisScale, ZIndexLayer } from 'recharts';
import { useWords } from '../words.ts';
import { axes, plotMargin } from './axes.tsx';
import { gridDrawing } from './grid-drawing.ts';
import { histogramOutline } from './histogram-outline.ts';
import { Plot } from './plot.tsx';
import { SidesKey } from './sides-key.tsx';
import type { HistogramScene } from './scene.ts';
import { ChartTooltip } from './tooltip.tsx';

interface HistogramChartProps {
  readonly scene: HistogramScene;
  readonly minHeight: number;
}

interface ActiveBin {
  readonly bin: number;
  readonly x: number;
}

const outline = {
  isAnimationActive: false,
  activeDot: false,
  type: 'stepAfter',
  dataKey: 'y',
} as const;

/** Above everything that recharts draws. */
const aboveLines = 2000;

/** Two distributions over the same bins, with the threshold and the grid they are forced onto. */
export function HistogramChart({ scene, minHeight }: HistogramChartProps) {
  const [active, setActive] = useState<ActiveBin | undefined>(undefined);
  const bin = active === undefined ? undefined : scene.bins[active.bin];
  return (
    <>
      <SidesKey before={scene.beforeLabel} after={scene.afterLabel} look="line" />
      <Plot
        name={scene.name}
        minHeight={minHeight}
        render={({ width, height }) => (
          <ComposedChart
            width={width}
            height={height}
            margin={plotMargin}
            accessibilityLayer={false}
          >
            {axes(scene.x, scene.y)}
            <ThresholdZone threshold={scene.threshold} />
            <Area
              {...outline}
              data={histogramOutline(scene.bins, (each) => each.before)}
              className="chart-histogram tone-original"
              stroke="currentColor"
              fill="currentColor"
            />
            {scene.afterLabel === undefined ? null : (
              <Line
                {...outline}
                data={histogramOutline(scene.bins, (each) => each.after ?? 0)}
                className="chart-histogram tone-variant"
                stroke="currentColor"
                dot={false}
              />
            )}
            <ZIndexLayer zIndex={aboveLines}>
              <GridLines grid={scene.grid} />
              <Overflow overflow={scene.overflow} />
              <BinReader scene={scene} active={active?.bin} onActive={setActive} />
            </ZIndexLayer>
          </ComposedChart>
        )}
        renderOver={({ width }) =>
          active === undefined || bin === undefined ? null : (
            <ChartTooltip
              x={active.x}
              y={plotMargin.top + 40}
              width={width}
              title={bin.title}
              rows={bin.rows}
            />
          )
        }
      />
    </>
  );
}

/** |w| under the threshold: the zone whose weights pruning sets to zero. */
function ThresholdZone({ threshold }: { readonly threshold: HistogramScene['threshold'] }) {
  const plot = usePlotArea();
  const scale = useXAxisScale();
  if (threshold === undefined || plot === undefined || scale === undefined) return null;
  const end = plot.x + plot.width;
  const left = Math.max(plot.x, scale(-threshold.value) ?? plot.x);
  const right = Math.min(end, scale(threshold.value) ?? end);
  const bottom = plot.y + plot.height;
  const labelLeft = right + 8 + threshold.label.length * 6 > end;
  return (
    <g className="chart-threshold">
      <rect x={left} y={plot.y} width={Math.max(0, right - left)} height={plot.height} />
      <path d={`M${left} ${plot.y}V${bottom}M${right} ${plot.y}V${bottom}`} />
      <text
        x={labelLeft ? left - 6 : right + 6}
        y={plot.y - 8}
        textAnchor={labelLeft ? 'end' : 'start'}
      >
        {threshold.label}
      </text>
    </g>
  );
}

/** The bin that goes through the ceiling says how far. */
function Overflow({ overflow }: { readonly overflow: HistogramScene['overflow'] }) {
  const plot = usePlotArea();
  const scale = useXAxisScale();
  const x = overflow === undefined ? undefined : scale?.(overflow.at);
  if (overflow === undefined || plot === undefined || x === undefined) return null;
  const isRight = x + overflow.label.length * 7 > plot.x + plot.width;
  return (
    <text
      className="chart-overflow tone-variant"
      x={isRight ? x - 9 : x + 9}
      y={plot.y + 13}
      textAnchor={isRight ? 'end' : 'start'}
    >
      {overflow.label}
    </text>
  );
}

function GridLines({ grid }: { readonly grid: HistogramScene['grid'] }) {
  const plot = usePlotArea();
  const scale = useXAxisScale();
  if (grid === undefined || plot === undefined || scale === undefined) return null;
  const places = grid.values.map((value) => scale(value)).filter((x) => x !== undefined);
  const { ticks, lines } = gridDrawing(places, plot);
  return (
    <g className="chart-levels">
      {lines === '' ? null : <path className="chart-level-lines" d={lines} />}
      <path className="chart-level-ticks" d={ticks} />
    </g>
  );
}

interface BinReaderProps {
  readonly scene: HistogramScene;
  readonly active: number | undefined;
  readonly onActive: (active: ActiveBin | undefined) => void;
}

/** Reads bin by bin, under the pointer or by the arrow keys. */
function BinReader({ scene, active, onActive }: BinReaderProps) {
  const { t } = useWords();
  const plot = usePlotArea();
  const scale = useXAxisScale();
  if (plot === undefined || scale === undefined || scene.bins.length === 0) return null;
  const last = scene.bins.length - 1;
  const centre = (index: number): number => {
    const bin = scene.bins[index];
    return bin === undefined ? plot.x : (scale((bin.from + bin.to) / 2) ?? plot.x);
  };
  const show = (index: number): void => onActive({ bin: index, x: centre(index) });
  const shown = active === undefined ? undefined : scene.bins[active];
  const start = Math.floor(last / 2);
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      PageDown: -10,
      PageUp: 10,
    }[event.key];
    if (event.key === 'Home') show(0);
    else if (event.key === 'End') show(last);
    else if (by !== undefined) show(Math.min(last, Math.max(0, (active ?? start) + by)));
    else return;
    event.preventDefault();
  };
  return (
    <g>
      {shown === undefined ? null : (
        <rect
          className="chart-bin"
          x={scale(shown.from)}
          y={plot.y}
          width={Math.max(1, (scale(shown.to) ?? 0) - (scale(shown.from) ?? 0))}
          height={plot.height}
        />
      )}
      <rect
        className="chart-reach chart-bin-reader"
        x={plot.x}
        y={plot.y}
        width={plot.width}
        height={plot.height}
        role="slider"
        tabIndex={0}
        aria-label={t('charts.weights.bins')}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={active ?? start}
        aria-valuetext={valueText(scene.bins[active ?? start])}
        onKeyDown={onKeyDown}
        onFocus={() => show(active ?? start)}
        onBlur={() => onActive(undefined)}
        onPointerMove={(event) => {
          const left = event.currentTarget.getBoundingClientRect().left;
          const share = (event.clientX - left) / plot.width;
          show(Math.min(last, Math.max(0, Math.floor(share * scene.bins.length))));
        }}
        onPointerLeave={() => onActive(undefined)}
      />
    </g>
  );
}

const valueText = (bin: HistogramScene['bins'][number] | undefined): string =>
  bin === undefined
    ? ''
    : [bin.title, ...bin.rows.map(([name, value]) => `${name} ${value}`)].join(', ');
