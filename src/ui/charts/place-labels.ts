/**
 * Where the name of a mark stands: beside it, right before left, at its height before above and below; the first place that
 * is inside the plot and covers no other name and as few other marks as possible.
 */
interface Labelled {
  readonly mark: { readonly id: string; readonly label?: string };
  /** Pixels. */
  readonly x: number;
  readonly y: number;
}

export interface LabelPlace {
  readonly anchor: 'start' | 'end';
  /** Pixels from the mark. */
  readonly dx: number;
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

const averageGlyph = 6.5;
const gap = 14;
const lineHeight = 15;
const worst = { outside: 1000, label: 100, mark: 1 } as const;

const places: readonly LabelPlace[] = [0, -lineHeight, lineHeight].flatMap((dy) => [
  { anchor: 'start', dx: gap, dy },
  { anchor: 'end', dx: -gap, dy },
]);

export function placeLabels(
  marks: readonly Labelled[],
  edges: { readonly left: number; readonly right: number },
): Map<string, LabelPlace> {
  const chosen = new Map<string, LabelPlace>();
  const taken: Box[] = [];
  for (const { mark, x, y } of marks) {
    if (mark.label === undefined) continue;
    const width = mark.label.length * averageGlyph;
    const others = marks.filter((other) => other.mark.id !== mark.id);
    const boxAt = ({ anchor, dx, dy }: LabelPlace): Box => {
      const near = x + dx;
      return anchor === 'start'
        ? { left: near, right: near + width, y: y + dy }
        : { left: near - width, right: near, y: y + dy };
    };
    const cost = (place: LabelPlace): number => {
      const box = boxAt(place);
      const outside = box.left < edges.left || box.right > edges.right;
      const labels = taken.filter((other) => overlap(box, other)).length;
      const covered = others.filter((other) => overlap(box, markBox(other))).length;
      return (outside ? worst.outside : 0) + labels * worst.label + covered * worst.mark;
    };
    // Sorting is stable: of equally good places the first stays first.
    const [best] = places.toSorted((a, b) => cost(a) - cost(b));
    if (best === undefined) continue;
    chosen.set(mark.id, best);
    taken.push(boxAt(best));
  }
  return chosen;
}

const markRadius = 6;
const markBox = ({ x, y }: Labelled): Box => ({ left: x - markRadius, right: x + markRadius, y });

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && Math.abs(a.y - b.y) < lineHeight - 1;
