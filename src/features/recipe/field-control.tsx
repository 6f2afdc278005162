import { useCallback } from 'react';
import type { MethodForm, Step } from '../../engine/forms.ts';
import { optionOf, useActions } from '../../store/index.ts';
import { Dial } from '../../ui/dial.tsx';
import {
  Choice,
  formatInteger,
  formatNumber,
  formatPercent,
  Toggle,
  useWords,
  type Words,
} from '../../ui/index.ts';

type Field = MethodForm['fields'][number];

interface FieldControlProps {
  readonly field: Field;
  readonly step: Step;
  readonly index: number;
  /** A dial that shares a line with its slider. */
  readonly line?: boolean;
}

/** One option of a step, as the method's form describes it. */
export function FieldControl({ field, step, index, line = false }: FieldControlProps) {
  const words = useWords();
  const { setOption, endGesture } = useActions();
  const { key } = field;
  const turn = useCallback(
    (next: number) => setOption(index, key, next, `option-${index}-${key}`),
    [setOption, index, key],
  );
  // What a method means by a name may differ from what others mean by it.
  const label = words.maybe(`field.${step.method}.${key}`) ?? words.maybe(`field.${key}`) ?? key;
  const value = optionOf(step, key);
  const testId = `${step.method}-${key}`;
  switch (field.kind) {
    case 'slider': {
      const number = typeof value === 'number' ? value : field.min;
      return (
        <Dial
          label={label}
          value={number}
          min={field.min}
          max={field.max}
          step={field.step}
          unit={field.unit}
          valueText={valueText(number, field.unit, words)}
          onChange={turn}
          onSettled={endGesture}
          line={line}
          testId={testId}
        />
      );
    }
    case 'choice':
      return (
        <Choice
          label={label}
          value={
            typeof value === 'string' || typeof value === 'number' ? value : (field.values[0] ?? '')
          }
          options={field.values.map((each) => ({
            value: each,
            label: words.maybe(`value.${each}`) ?? String(each),
          }))}
          onChange={(next) => setOption(index, key, next)}
          testId={testId}
        />
      );
    case 'toggle':
      break;
  }
  return (
    <Toggle
      label={label}
      value={value === true}
      onChange={(next) => setOption(index, key, next)}
      testId={testId}
    />
  );
}

function valueText(
  value: number,
  unit: 'percent' | 'bits' | 'count' | 'none',
  { language, t }: Words,
): string {
  switch (unit) {
    case 'percent':
      return formatPercent(value, language, 0);
    case 'bits':
      return t('unit.bits', { count: value });
    case 'count':
      return formatInteger(value, language);
    case 'none':
      break;
  }
  return formatNumber(value, Number.isInteger(value) ? 0 : 2, language);
}
