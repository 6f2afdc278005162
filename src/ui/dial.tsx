import { type CSSProperties, useEffect, useId, useRef } from 'react';
import { NumberField, Group, Input } from 'react-aria-components/NumberField';
import { Button } from 'react-aria-components/Button';
import { Icon } from './icons.tsx';
import { useWords } from './words.ts';

export interface DialProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit: 'percent' | 'bits' | 'count' | 'none';
  /** The value in words for those who do not see the slider, unit included: "30 % of the channels". */
  readonly valueText: string;
  readonly onChange: (value: number) => void;
  /** The hand let go at `value`: what came before is one change. */
  readonly onSettled: (value: number) => void;
  readonly disabled?: boolean;
  readonly testId?: string;
  /** The label stands elsewhere on the card. */
  readonly hideLabel?: boolean;
  /** Everything on one line where there is room: for a card of several dials. `shortLabel` is what is written then. */
  readonly line?: boolean;
  readonly shortLabel?: string;
}

/** A slider with a number field and − and + beside it: three ways to the same value, for mouse, keys and thumbs. */
export function Dial(props: DialProps) {
  const {
    label,
    value,
    min,
    max,
    step,
    unit,
    valueText,
    disabled = false,
    hideLabel = false,
    line = false,
  } = props;
  const { onChange, onSettled, testId, shortLabel } = props;
  const { t } = useWords();
  const id = useId();
  const range = useRef<HTMLInputElement>(null);

  // React's onChange is the DOM's `input`; the DOM's `change` is the end of a drag or of a key press.
  useEffect(() => {
    const slider = range.current;
    const settled = (): void => onSettled(slider?.valueAsNumber ?? Number.NaN);
    slider?.addEventListener('change', settled);
    return () => slider?.removeEventListener('change', settled);
  }, [onSettled]);

  const share = max === min ? 0 : (value - min) / (max - min);
  const take = (next: number): void => {
    if (Number.isNaN(next)) return;
    const kept = Math.min(max, Math.max(min, next));
    onChange(kept);
    onSettled(kept);
  };

  return (
    <div className="dial" data-line={line || undefined} data-disabled={disabled || undefined}>
      <div className="dial-row">
        <label htmlFor={id} className={hideLabel ? 'sr-only' : 'dial-label'}>
          {shortLabel ?? label}
        </label>
        <NumberField
          aria-label={label}
          value={value}
          minValue={min}
          maxValue={max}
          step={step}
          isDisabled={disabled}
          formatOptions={unit === 'percent' ? { style: 'percent', maximumFractionDigits: 1 } : {}}
          onChange={take}
        >
          <Group className="number-field">
            <Button
              slot="decrement"
              className="number-button"
              aria-label={t('dial.less', { name: label })}
            >
              <Icon name="minus" />
            </Button>
            <Input className="number-input" />
            <Button
              slot="increment"
              className="number-button"
              aria-label={t('dial.more', { name: label })}
            >
              <Icon name="plus" />
            </Button>
          </Group>
        </NumberField>
      </div>
      <input
        ref={range}
        id={id}
        type="range"
        className="range"
        data-testid={testId}
        min={min}
        max={max}
        step={step}
        value={value}
        disabled={disabled}
        {...(shortLabel === undefined ? {} : { 'aria-label': label })}
        aria-valuetext={valueText}
        style={{ '--share': `${share * 100}%` } as CSSProperties}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
    </div>
  );
}
