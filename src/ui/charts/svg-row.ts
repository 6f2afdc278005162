import { svgElement } from './svg-element.ts';
import { defaultSvg, svgDocument, type SvgOptions } from './svg-frame.ts';

/** Drawings of the same size side by side, as one. `options` is the size of each. */
export function svgRow(
  name: string,
  drawings: readonly string[],
  options: SvgOptions = defaultSvg,
): string {
  const placed = drawings.map((drawing, i) =>
    svgElement('g', { transform: `translate(${i * options.width} 0)` }, drawing),
  );
  return svgDocument(name, placed.join(''), { ...options, width: options.width * drawings.length });
}
