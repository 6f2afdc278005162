/**
 * On which side of its mark a label stands: right, unless the plot ends there, or another mark with a label, or another
 * mark, is in the way and the left is freer.
 */
interface Labelled {
  readonly mark: { readonly id: string; readonly label?: string };
  readonly x: number;
  readonly y: number;
}

const averageGlyph = 6.5;
const gap = 14;
const lineHeight = 12;

export function labelSides(
  placed: readonly Labelled[],
  edges: { readonly left: number; readonly right: number },
): Map<string, 'left' | 'right'> {
  const sides = new Map<string, 'left' | 'right'>();
  for (const { mark, x, y } of placed) {
    if (mark.label === undefined) continue;
    const width = gap + mark.label.length * averageGlyph;
    const crowd = (from: number, to: number): number =>
      placed.filter(
        (other) =>
          other.mark.id !== mark.id &&
          other.x >= from &&
          other.x <= to &&
          Math.abs(other.y - y) < lineHeight,
      ).length;
    const fitsRight = x + width <= edges.right;
    const fitsLeft = x - width >= edges.left;
    const leftIsFreer = crowd(x - width, x) < crowd(x, x + width);
    sides.set(mark.id, (!fitsRight || leftIsFreer) && fitsLeft ? 'left' : 'right');
  }
  return sides;
}
