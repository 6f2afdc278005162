import { type ReactNode, useId, useState } from 'react';
import { Icon } from './icons.tsx';

interface DisclosureProps {
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly testId?: string;
}

/** More, one click deeper. The content is not built before it is asked for. */
export function Disclosure({ title, children, testId }: DisclosureProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div className="disclosure" data-open={open || undefined}>
      <button
        type="button"
        className="disclosure-button"
        aria-expanded={open}
        aria-controls={id}
        data-testid={testId}
        onClick={() => setOpen(!open)}
      >
        <Icon name="chevron" size={12} />
        {title}
      </button>
      <div id={id} className="disclosure-panel" hidden={!open}>
        {open ? children : null}
      </div>
    </div>
  );
}
