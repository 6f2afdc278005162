import { useCallback, useEffect, useMemo, useState } from 'react';
import {
  memo,
  optionOf,
  shown,
  type SoftLabels,
  type StudioState,
  trains,
  useActions,
  useStudio,
} from '../../store/index.ts';
import { BarsChart, type ChartFrameProps, svgBars } from '../../ui/charts/index.ts';
import { Dial } from '../../ui/dial.tsx';
import { Failure, formatNumber, Pixels, useWords } from '../../ui/index.ts';
import {
  softLabelsScene,
  type SoftLabelsOrder,
  softLabelsSummary,
  softLabelsTable,
} from './soft-labels.ts';

/** The first step that softens labels, and its temperature. */
const selectTemperature = memo(
  (state: StudioState) => [state.history.present] as const,
  ({ history }) => {
    const index = history.present.steps.findIndex(
      (step) => trains(step.method) && typeof optionOf(step, 'temperature') === 'number',
    );
    const step = history.present.steps[index];
    const value = step === undefined ? undefined : optionOf(step, 'temperature');
    return typeof value === 'number' ? { index, value } : undefined;
  },
);

/** What temperature does to the teacher's answers, on real samples; drawn anew with every move of the dial. */
export function useSoftLabelsChart(isShown: boolean): ChartFrameProps {
  const words = useWords();
  const { t, language } = words;
  const { requestSoftLabels, setOption, endGesture } = useActions();
  const state = useStudio((each) => each.softLabels);
  const classes = useStudio((each) => each.data?.classes);
  const asked = useStudio(selectTemperature);
  const [row, setRow] = useState(0);
  const wanted = isShown && state.kind === 'none';
  useEffect(() => {
    if (wanted) requestSoftLabels();
  }, [wanted, requestSoftLabels]);
  const index = asked?.index;
  const turn = useCallback(
    (value: number) => {
      if (index !== undefined) setOption(index, 'temperature', value, 'temperature');
    },
    [setOption, index],
  );
  const temperature = asked?.value ?? 4;
  const rows = shown(state)?.rows ?? [];
  const sample = rows[row] ?? rows[0];
  const order = useMemo<SoftLabelsOrder | undefined>(
    () => sample && { logits: sample.logits, label: sample.label, temperature, classes, words },
    [sample, temperature, classes, words],
  );
  return {
    title: t('train.soft.title'),
    summary: order === undefined ? t('train.soft.none') : softLabelsSummary(order),
    table: order === undefined ? { columns: [], rows: [] } : softLabelsTable(order),
    notes: order === undefined ? [] : [t('train.soft.note')],
    svg: order === undefined ? undefined : () => svgBars(softLabelsScene(order)),
    testId: 'chart-soft-labels',
    children: (
      <>
        {state.kind === 'failed' ? <Failure error={state.error} /> : null}
        {order === undefined ? (
          <p className="chart-empty">
            {t(state.kind === 'ready' ? 'train.soft.noClasses' : 'charts.working')}
          </p>
        ) : (
          <div className="soft-labels">
            <div className="soft-side">
              <SamplePicker rows={rows} row={row} classes={classes} onPick={setRow} />
              {asked === undefined ? null : (
                <Dial
                  label={t('field.temperature')}
                  value={temperature}
                  min={1}
                  max={20}
                  step={0.5}
                  unit="none"
                  valueText={formatNumber(temperature, 1, language)}
                  onChange={turn}
                  onSettled={endGesture}
                  testId="soft-temperature"
                />
              )}
            </div>
            <BarsChart scene={softLabelsScene(order)} minHeight={420} tight />
          </div>
        )}
      </>
    ),
  };
}

interface SamplePickerProps {
  readonly rows: SoftLabels['rows'];
  readonly row: number;
  readonly classes: readonly string[] | undefined;
  readonly onPick: (row: number) => void;
}

/** Samples to look at, from those the teacher is unsure of to those it is sure of. */
function SamplePicker({ rows, row, classes, onPick }: SamplePickerProps) {
  const { t } = useWords();
  return (
    <div className="soft-samples" role="group" aria-label={t('train.soft.samples')}>
      {rows.map(({ index, image, label }, i) => {
        const name =
          label === undefined
            ? t('changed.sample', { index })
            : (classes?.[label] ?? String(label));
        return (
          <button
            key={index}
            type="button"
            className="soft-sample"
            aria-pressed={i === row}
            aria-label={name}
            title={name}
            data-testid="soft-sample"
            onClick={() => onPick(i)}
          >
            {image === undefined ? `#${index}` : <Pixels {...image} size={40} label={name} />}
          </button>
        );
      })}
    </div>
  );
}
