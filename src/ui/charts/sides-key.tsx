interface SidesKeyProps {
  readonly before: string;
  readonly after: string | undefined;
  readonly look: 'bar' | 'line';
}

/** Which is the original and which the variant: by fill and line as well as by colour. */
export const SidesKey = ({ before, after, look }: SidesKeyProps) => (
  <p className="sides-key" data-look={look}>
    <span className="sides-swatch tone-original">{before}</span>
    {after === undefined ? null : <span className="sides-swatch tone-variant">{after}</span>}
  </p>
);
