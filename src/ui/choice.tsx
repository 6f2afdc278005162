import { useId } from 'react';
import { Icon } from './icons.tsx';

export interface ChoiceProps<T extends string | number> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly {
    readonly value: T;
    readonly label: string;
    readonly disabled?: boolean;
  }[];
  readonly onChange: (value: NoInfer<T>) => void;
  readonly testId?: string;
  readonly hideLabel?: boolean;
}

/** One of several: the platform's own list, which every phone and screen reader knows. */
export function Choice<T extends string | number>(props: ChoiceProps<T>) {
  const { label, value, options, onChange, testId, hideLabel = false } = props;
  const id = useId();
  const take = (text: string): void => {
    const option = options.find((each) => String(each.value) === text);
    if (option !== undefined) onChange(option.value);
  };
  return (
    <div className="choice">
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'choice-label'}>
        {label}
      </label>
      <span className="choice-box">
        <select
          id={id}
          className="choice-select"
          data-testid={testId}
          value={String(value)}
          onChange={(event) => take(event.target.value)}
        >
          {options.map((option) => (
            <option
              key={option.value}
              value={String(option.value)}
              disabled={option.disabled === true}
            >
              {option.label}
            </option>
          ))}
        </select>
        <Icon name="chevron" size={12} />
      </span>
    </div>
  );
}
