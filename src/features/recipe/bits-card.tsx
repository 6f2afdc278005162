import {
  bitsDial,
  bitWidths,
  memo,
  type StudioState,
  useActions,
  useStudio,
} from '../../store/index.ts';
import { Choice, Segments, useWords } from '../../ui/index.ts';
import { Term } from '../../ui/term.tsx';
import { CardFrame } from './card-frame.tsx';
import { MoreOptions } from './more-options.tsx';
import type { ReorderHandle } from './use-reorder.ts';

const selectDial = memo(
  (state: StudioState) => [state.history.present] as const,
  (state) => bitsDial(state.history.present),
);

interface BitsCardProps {
  readonly index?: number;
  readonly handle?: ReorderHandle | undefined;
}

/** The bit-width dial: how many bits a weight takes, and by which scheme. */
export function BitsCard({ index, handle }: BitsCardProps) {
  const { t, maybe } = useWords();
  const { setBits, setScheme } = useActions();
  const dial = useStudio(selectDial);
  const widths = bitWidths.some((bits) => bits === dial.bits)
    ? [...bitWidths]
    : [...bitWidths, dial.bits];
  return (
    <CardFrame
      name={<Term word="recipe.quantize" meaning="term.quantization" />}
      plainName={t('recipe.quantize')}
      index={index}
      handle={handle}
      testId="card-quantize"
    >
      <Segments
        label={t('recipe.bits')}
        value={dial.bits}
        options={widths.map((bits) => ({ value: bits, label: String(bits) }))}
        onChange={setBits}
        testId="bit-width"
      />
      <p className="segments-unit">{t('recipe.bitsUnit')}</p>
      {dial.scheme === undefined ? null : (
        <Choice
          label={t('recipe.scheme')}
          value={dial.scheme}
          options={dial.schemes.map((scheme) => ({
            value: scheme,
            label: maybe(`scheme.${scheme}`) ?? scheme,
          }))}
          onChange={setScheme}
          testId="quantization-scheme"
        />
      )}
      {index === undefined ? null : <MoreOptions index={index} hide={['mode', 'bits']} />}
    </CardFrame>
  );
}
