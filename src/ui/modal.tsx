import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { IconButton } from './button.tsx';
import { useWords } from './words.ts';

interface ModalProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
  readonly testId?: string;
}

/** A dialog over the page: the browser's own, which keeps the focus inside, makes the rest inert and closes on Escape. */
export function Modal({ title, children, onClose, testId }: ModalProps) {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Closed while it is still in the document: only then does the focus go back to where it came from.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element?.open === false) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="modal"
      aria-labelledby={heading}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // Escape in a dialog must not cancel the work behind it as well.
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.stopPropagation();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="modal-body">
        <div className="modal-head">
          <h2 id={heading} className="modal-title">
            {title}
          </h2>
          <IconButton icon="close" label={t('action.close')} onClick={onClose} />
        </div>
        {children}
      </div>
    </dialog>
  );
}
