import { useId } from 'react';

export interface SegmentsProps<T extends string | number> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly {
    readonly value: T;
    readonly label: string;
    readonly disabled?: boolean;
  }[];
  readonly onChange: (value: NoInfer<T>) => void;
  readonly testId?: string;
}

/** One of a few, all in view: radio buttons in a row. */
export function Segments<T extends string | number>({
  label,
  value,
  options,
  onChange,
  testId,
}: SegmentsProps<T>) {
  const name = useId();
  return (
    <fieldset className="segments" data-testid={testId}>
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label key={option.value} className="segment">
          <input
            type="radio"
            className="segment-input"
            name={name}
            checked={option.value === value}
            disabled={option.disabled === true}
            onChange={() => onChange(option.value)}
          />
          <span className="segment-face">{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
