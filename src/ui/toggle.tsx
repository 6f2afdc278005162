interface ToggleProps {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
  readonly hideLabel?: boolean;
  readonly testId?: string;
}

/** On or off: a checkbox that looks like a switch. */
export function Toggle({ label, value, onChange, hideLabel = false, testId }: ToggleProps) {
  return (
    <label className="toggle">
      <input
        type="checkbox"
        role="switch"
        className="toggle-input"
        checked={value}
        data-testid={testId}
        aria-label={hideLabel ? label : undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="toggle-track" aria-hidden="true" />
      {hideLabel ? null : <span>{label}</span>}
    </label>
  );
}
