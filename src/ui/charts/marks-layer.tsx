import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';
import { MarkShape } from './mark-shape.tsx';
import { placeLabels } from './place-labels.ts';
import type { Guess, Mark } from './scene.ts';

export interface ActiveMark {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly by: 'mouse' | 'touch' | 'keys';
}

interface MarksLayerProps {
  readonly marks: readonly Mark[];
  readonly guess: Guess | undefined;
  readonly missing: readonly number[];
  readonly active: ActiveMark | undefined;
  readonly onActive: (active: ActiveMark | undefined) => void;
  readonly onPick: (id: string) => void;
}

interface Placed {
  readonly mark: Mark;
  readonly x: number;
  readonly y: number;
  readonly below: boolean;
  readonly low: number;
  readonly high: number;
}

/** How near the pointer must come, in pixels. */
const reach = 28;

/**
 * The measured points. The nearest one to the pointer is active (small points need no exact aim); by keys, one tab stop leads in
 * and the arrows go from point to point along x.
 */
export function MarksLayer({ marks, guess, missing, active, onActive, onPick }: MarksLayerProps) {
  const plot = usePlotArea();
  const xScale = useXAxisScale();
  const yScale = useYAxisScale();
  const elements = useRef(new Map<string, SVGGElement>());
  const wasActive = useRef<string | undefined>(undefined);
  // The chart may draw itself anew around the point that has the focus.
  useEffect(() => {
    if (active?.by === 'keys') elements.current.get(active.id)?.focus();
  }, [active?.id, active?.by]);
  if (plot === undefined || xScale === undefined || yScale === undefined) return null;

  const floor = plot.y + plot.height;
  const clampY = (y: number): number => Math.min(floor, Math.max(plot.y, y));
  const placeOf = (mark: Mark): Placed[] => {
    const x = xScale(mark.x);
    const y = yScale(mark.y);
    if (x === undefined || y === undefined) return [];
    const end = (value: number | undefined): number =>
      clampY((value === undefined ? y : yScale(value)) ?? y);
    return [
      { mark, x, y: clampY(y), below: y > floor + 0.5, low: end(mark.low), high: end(mark.high) },
    ];
  };
  const placed = marks.flatMap(placeOf);
  const labels = placeLabels(placed, { left: plot.x, right: plot.x + plot.width });
  const along = placed.toSorted((a, b) => a.x - b.x || b.y - a.y);
  const stop = active?.id ?? marks.find((mark) => mark.shape === 'ring')?.id ?? along[0]?.mark.id;

  const activate = (target: Placed | undefined, by: ActiveMark['by']): void => {
    if (target?.mark.id === active?.id && by === active?.by) return;
    onActive(target && { id: target.mark.id, x: target.x, y: target.y, by });
  };
  const nearest = (event: PointerEvent<SVGElement>): Placed | undefined => {
    const box = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
    if (box === undefined) return undefined;
    const distance = (p: Placed): number =>
      Math.hypot(p.x - (event.clientX - box.left), p.y - (event.clientY - box.top));
    const [first] = placed.toSorted((a, b) => distance(a) - distance(b));
    return first !== undefined && distance(first) <= reach ? first : undefined;
  };
  const byOf = (event: PointerEvent): ActiveMark['by'] =>
    event.pointerType === 'touch' ? 'touch' : 'mouse';
  const onKeyDown = (event: KeyboardEvent, index: number): void => {
    const target = keyTarget(event.key, index, along.length);
    const here = along[index];
    if (target !== undefined) activate(along[target], 'keys');
    else if (event.key === 'Enter' || event.key === ' ') {
      if (here?.mark.pickable === true) onPick(here.mark.id);
    } else if (event.key === 'Escape' && active !== undefined) {
      onActive(undefined);
      event.stopPropagation();
    } else return;
    event.preventDefault();
  };

  return (
    <g className="chart-marks">
      {missing.map((at) => (
        <circle key={at} className="chart-missing" cx={xScale(at)} cy={floor} r={2.5} />
      ))}
      {guess === undefined ? null : (
        <GuessMark guess={guess} x={xScale(guess.x)} y={yScale(guess.y)} floor={floor} />
      )}
      <rect
        className="chart-reach"
        data-pick={active === undefined ? undefined : true}
        x={plot.x - 8}
        y={plot.y - 8}
        width={plot.width + 16}
        height={plot.height + 16}
        onPointerDown={(event) => {
          wasActive.current = active?.id;
          activate(nearest(event), byOf(event));
        }}
        onPointerMove={(event) => activate(nearest(event), byOf(event))}
        onPointerLeave={(event) => {
          if (event.pointerType !== 'touch') onActive(undefined);
        }}
        onClick={() => {
          if (active === undefined || (active.by === 'touch' && wasActive.current !== active.id))
            return;
          if (marks.find((mark) => mark.id === active.id)?.pickable === true) onPick(active.id);
        }}
      />
      {/* In the order of measuring, which stays: a point that has the focus must not be moved in the document. */}
      {placed.map((each) => {
        const { mark, x, y, below, low, high } = each;
        return (
          <g
            key={mark.id}
            ref={(element) => {
              if (element === null) elements.current.delete(mark.id);
              else elements.current.set(mark.id, element);
            }}
            role={mark.pickable ? 'button' : 'img'}
            tabIndex={mark.id === stop ? 0 : -1}
            aria-label={[mark.title, ...mark.rows.map(([name, value]) => `${name} ${value}`)].join(
              ', ',
            )}
            className="chart-mark"
            data-testid="chart-mark"
            data-tone={mark.tone}
            data-active={mark.id === active?.id || undefined}
            style={{ transform: `translate(${x}px, ${y}px)` }}
            onFocus={() => activate(each, 'keys')}
            onBlur={(event) => {
              // To another point: that one takes over by itself.
              if (event.currentTarget.parentNode?.contains(event.relatedTarget) !== true)
                onActive(undefined);
            }}
            onKeyDown={(event) => onKeyDown(event, along.indexOf(each))}
          >
            {mark.low === undefined || below ? null : (
              <path
                className={`chart-whisker tone-${mark.tone}`}
                d={whisker(low - y, high - y, floor - y)}
              />
            )}
            <circle className="chart-focus" r={mark.size === 'large' ? 13 : 9} />
            {mark.size === 'small' ? <MarkShape mark={mark} below={below} /> : null}
          </g>
        );
      })}
      {/* The large ones and all names on top. */}
      {placed
        .filter(({ mark }) => mark.size === 'large')
        .map(({ mark, x, y, below }) => {
          const place = labels.get(mark.id);
          return (
            <g
              key={mark.id}
              className="chart-mark"
              aria-hidden="true"
              style={{ transform: `translate(${x}px, ${y}px)` }}
            >
              <MarkShape mark={mark} below={below} />
              {place === undefined ? null : (
                <text
                  className={`chart-mark-label tone-${mark.tone}`}
                  x={place.dx}
                  y={place.dy}
                  dy="0.32em"
                  textAnchor={place.anchor}
                >
                  {mark.label}
                </text>
              )}
            </g>
          );
        })}
    </g>
  );
}

/** From low to high with a cap at each end; one that goes through the floor has no cap there. */
const whisker = (low: number, high: number, floor: number): string =>
  `M0 ${low}V${high}M-3.5 ${high}h7${low < floor ? `M-3.5 ${low}h7` : ''}`;

function keyTarget(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(count - 1, index + 1);
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, index - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

interface GuessMarkProps {
  readonly guess: Guess;
  readonly x: number | undefined;
  readonly y: number | undefined;
  readonly floor: number;
}

function GuessMark({ guess, x, y, floor }: GuessMarkProps) {
  if (x === undefined || y === undefined) return null;
  return (
    <g className="chart-guess" style={{ transform: `translate(${x}px, ${Math.min(y, floor)}px)` }}>
      <circle r={7.5} />
      <text x={14} dy="0.32em" className="chart-mark-label">
        {guess.label}
      </text>
    </g>
  );
}
