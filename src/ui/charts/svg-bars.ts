import type { Bar, BarRow, BarsScene } from './scene.ts';
import { svgElement, svgText } from './svg-element.ts';
import { defaultSvg, svgDocument, type SvgOptions } from './svg-frame.ts';

const rowHeight = 32;
const top = 28;
const nameWidth = 210;
const textWidth = 84;
/** What fits into the room for names. */
const nameLength = 30;

/** Pairs of bars as one self-contained SVG, as tall as its rows. The same scene that `BarsChart` shows. */
export function svgBars(scene: BarsScene, given: SvgOptions = defaultSvg): string {
  const options = { ...given, height: top + scene.rows.length * rowHeight + 8 };
  const { palette, width } = options;
  const room = width - nameWidth - textWidth;
  const key = [
    svgText(scene.beforeLabel, { x: nameWidth, y: 14, fill: palette.original }),
    svgText(scene.afterLabel, { x: nameWidth + 90, y: 14, fill: palette.variant }),
  ];
  const rows = scene.rows.map((row, i) =>
    drawRow(row, top + i * rowHeight, { scene, room, options }),
  );
  return svgDocument(scene.name, [...key, ...rows].join(''), options);
}

interface RowPlace {
  readonly scene: BarsScene;
  readonly room: number;
  readonly options: SvgOptions;
}

function drawRow(row: BarRow, y: number, place: RowPlace): string {
  const { palette } = place.options;
  return [
    svgText(shorten(row.name), { x: 4, y: y + 12, fill: palette.ink }),
    svgText(shorten(row.note), { x: 4, y: y + 25, fill: palette.quiet, 'font-size': 10 }),
    drawBar(row.before, y + 4, palette.original, palette.originalSoft, place),
    drawBar(row.after, y + 17, palette.variant, palette.variant, place),
  ].join('');
}

function drawBar(
  bar: Bar,
  y: number,
  stroke: string,
  fill: string,
  { scene, room, options }: RowPlace,
): string {
  if (bar.value === undefined)
    return svgText(bar.text, { x: nameWidth, y: y + 8, fill: options.palette.quiet });
  const share = scene.max <= 0 ? 0 : Math.min(1, bar.value / scene.max);
  return [
    svgElement('rect', {
      x: nameWidth + 0.5,
      y: y + 0.5,
      width: Math.max(1, share * room),
      height: 7,
      fill,
      stroke,
    }),
    svgText(bar.text, {
      x: options.width - 4,
      y: y + 8,
      'text-anchor': 'end',
      fill: options.palette.ink,
    }),
  ].join('');
}

/** Names of layers differ at their end. */
const shorten = (text: string): string =>
  text.length <= nameLength ? text : `…${text.slice(1 - nameLength)}`;
