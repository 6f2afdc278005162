import { type ReactNode, useId, useRef, useState } from 'react';
import { Icon } from './icons.tsx';

interface PopoverProps {
  /** What the button says. */
  readonly face: ReactNode;
  /** Accessible name of button and panel. */
  readonly label: string;
  readonly children: ReactNode;
  readonly testId?: string;
}

const gap = 6;

/**
 * A panel that hangs from its button: the browser's own popover, which closes on Escape and on a click outside. Its right edge
 * follows the button's.
 */
export function Popover({ face, label, children, testId }: PopoverProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const place = (): void => {
    const anchor = button.current?.getBoundingClientRect();
    if (anchor === undefined || panel.current === null) return;
    panel.current.style.top = `${anchor.bottom + gap}px`;
    panel.current.style.right = `${document.documentElement.clientWidth - anchor.right}px`;
  };
  return (
    <div className="popover-anchor">
      <button
        ref={button}
        type="button"
        className="bar-button"
        aria-label={label}
        aria-haspopup="dialog"
        aria-expanded={open}
        popoverTarget={id}
        data-testid={testId}
      >
        {face}
        <Icon name="chevron" size={12} />
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        className="popover"
        onBeforeToggle={place}
        onToggle={(event) => setOpen(event.newState === 'open')}
      >
        {open ? children : null}
      </div>
    </div>
  );
}
