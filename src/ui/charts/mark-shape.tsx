import type { Mark } from './scene.ts';

const radius = { small: 4, large: 6.5 } as const;

/** Small enough that the original shows through the ring when both are at one place. */
const ringedRadius = 4.5;

/** The original is a square, the variant on screen a ringed disc, other variants small discs: told apart without colour. */
export function MarkShape({ mark, below }: { readonly mark: Mark; readonly below: boolean }) {
  const r = radius[mark.size];
  const look = `chart-shape tone-${mark.tone}${mark.hollow ? ' is-hollow' : ''}`;
  // Under the lower edge of the plot: an arrowhead that points to it.
  if (below) return <path className={`${look} is-below`} d="M-4.5 -9.5H4.5L0 -2Z" />;
  if (mark.shape === 'square')
    return <rect className={look} x={-r} y={-r} width={2 * r} height={2 * r} />;
  return (
    <>
      {mark.shape === 'ring' ? (
        <circle className={`chart-ring tone-${mark.tone}`} r={r + 4} />
      ) : null}
      <circle className={look} r={mark.shape === 'ring' ? ringedRadius : r} />
    </>
  );
}
