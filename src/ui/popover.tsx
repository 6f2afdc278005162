import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Popover as AriaPopover } from 'react-aria-components/Popover';
import { Icon } from './icons.tsx';

interface PopoverProps {
  /** What the button says. */
  readonly face: ReactNode;
  /** Accessible name of button and panel. */
  readonly label: string;
  readonly children: ReactNode;
  readonly testId?: string;
  readonly look?: 'bar' | 'add';
}

/** A panel that hangs from its button. */
export function Popover({ face, label, children, testId, look = 'bar' }: PopoverProps) {
  return (
    <DialogTrigger>
      <Button
        className={look === 'add' ? 'button button-plain' : 'bar-button'}
        aria-label={label}
        data-testid={testId}
      >
        {face}
        {look === 'bar' ? <Icon name="chevron" size={12} /> : null}
      </Button>
      <AriaPopover
        className="popover"
        placement={look === 'add' ? 'bottom start' : 'bottom end'}
        offset={6}
      >
        <Dialog className="popover-body" aria-label={label}>
          {children}
        </Dialog>
      </AriaPopover>
    </DialogTrigger>
  );
}
