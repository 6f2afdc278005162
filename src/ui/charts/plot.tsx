import type { ReactNode } from 'react';
import { type Size, useSize } from './use-size.ts';

interface PlotProps {
  readonly name: string;
  /** It grows into the room there is; never smaller than this. */
  readonly minHeight: number;
  /** The drawing, once the room is known. */
  readonly render: (size: Size) => ReactNode;
  /** What lies over it. */
  readonly renderOver?: (size: Size) => ReactNode;
}

/** The place of a drawing. The drawing itself takes no room, so that the place can shrink again. */
export function Plot({ name, minHeight, render, renderOver }: PlotProps) {
  const [box, size] = useSize<HTMLDivElement>();
  const known = size.width > 0 && size.height > 0;
  return (
    <div ref={box} className="chart-plot" role="group" aria-label={name} style={{ minHeight }}>
      {known ? <div className="chart-plot-drawing">{render(size)}</div> : null}
      {known ? renderOver?.(size) : null}
    </div>
  );
}
