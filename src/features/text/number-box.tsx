import { useId } from 'react';
import { useWords } from '../../ui/index.ts';

interface NumberBoxProps {
  readonly label: string;
  readonly text: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly valid: boolean;
  readonly onChange: (text: string) => void;
  readonly testId: string;
}

/** A number with its name before it; says its range where what stands in it is none of it. */
export function NumberBox(props: NumberBoxProps) {
  const { label, text, min, max, step, valid, onChange, testId } = props;
  const { t } = useWords();
  const id = useId();
  return (
    <div className="number-box">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="number"
        className="text-field"
        {...{ min, max, step }}
        value={text}
        aria-invalid={!valid}
        aria-describedby={valid ? undefined : `${id}-range`}
        onChange={(event) => onChange(event.target.value)}
        data-testid={testId}
      />
      {valid ? null : (
        <span id={`${id}-range`} className="text-hint">
          {t('text.tooFew', { min, max })}
        </span>
      )}
    </div>
  );
}
