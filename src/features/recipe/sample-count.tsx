import { useCallback, useState } from 'react';
import { isLanguageModel, useActions, useStudio } from '../../store/index.ts';
import { Dial } from '../../ui/dial.tsx';
import { formatInteger, useWords } from '../../ui/index.ts';

/** How many samples the accuracy rests on. */
export function SampleCount() {
  const { t, language } = useWords();
  const { configure } = useActions();
  const asked = useStudio((state) => state.settings.samples);
  const available = useStudio((state) => state.data?.split.measure);
  const writes = useStudio(isLanguageModel);
  const [dragged, setDragged] = useState<number | undefined>(undefined);
  const settle = useCallback(
    (samples: number) => {
      setDragged(undefined);
      configure({ samples });
    },
    [configure],
  );
  if (available === undefined || available < 2) return null;
  const value = Math.min(dragged ?? asked, available);
  const step = available >= 1000 ? 100 : available % 10 === 0 ? 10 : 1;
  return (
    <div className="sample-count">
      <Dial
        label={t(writes ? 'recipe.windows' : 'recipe.samples')}
        value={value}
        min={Math.min(step, available)}
        max={available}
        step={step}
        unit="count"
        valueText={t('recipe.samplesOf', {
          count: formatInteger(value, language),
          total: formatInteger(available, language),
        })}
        onChange={setDragged}
        onSettled={settle}
        testId="sample-count"
      />
    </div>
  );
}
