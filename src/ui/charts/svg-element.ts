/**
 * SVG as text, without a document: for reports and files that must need nothing from outside. Everything a person wrote (names of
 * models, layers, recipes) goes through `escapeXml`.
 */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Numbers are written to a tenth of a pixel. */
const written = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 10) / 10) : escapeXml(value);

const open = (name: string, attributes: Attributes): string =>
  `<${name}${Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${written(value ?? '')}"`)
    .join('')}`;

/** `children` is SVG already. */
export const svgElement = (name: string, attributes: Attributes, children = ''): string =>
  children === ''
    ? `${open(name, attributes)}/>`
    : `${open(name, attributes)}>${children}</${name}>`;

export const svgText = (text: string, attributes: Attributes): string =>
  svgElement('text', attributes, escapeXml(text));

/** Path data through points, as a staircase (level first, then up or down) or straight. */
export function pathThrough(
  points: readonly (readonly [x: number, y: number])[],
  step: boolean,
): string {
  const place = (value: number): number => Math.round(value * 10) / 10;
  return points
    .map(([x, y], i) =>
      i === 0
        ? `M${place(x)} ${place(y)}`
        : step
          ? `H${place(x)}V${place(y)}`
          : `L${place(x)} ${place(y)}`,
    )
    .join('');
}
