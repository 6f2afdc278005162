import { useEffect } from 'react';
import { useActions, useStudio } from '../store/index.ts';
import { type Key, Modal, useWords } from '../ui/index.ts';

/** Keys that work everywhere, except while something is being typed. */
export function useShortcuts(help: () => void): void {
  const { undo, redo, cancel, exportShown } = useActions();
  const open = useStudio((state) => state.model !== undefined && state.view === 'studio');
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      const command = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      // Escape first closes what lies on top.
      if (key === 'escape') {
        if (document.querySelector(':popover-open') === null) cancel();
        return;
      }
      if (isTyping(event.target)) return;
      if (key === '?' && !command) return help();
      if (!open || !command) return;
      if (key === 'z' || key === 'y') {
        event.preventDefault();
        if (key === 'y' || event.shiftKey) redo();
        else undo();
      }
      if (key === 'e' && event.shiftKey) {
        event.preventDefault();
        exportShown();
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [undo, redo, cancel, exportShown, help, open]);
}

/** A slider is an input too, but nothing is typed into it. */
function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement)
    return !['range', 'radio', 'checkbox', 'file'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

const rows: readonly (readonly [keys: string, what: Key])[] = [
  ['Ctrl / ⌘ Z', 'shortcuts.undo'],
  ['Ctrl / ⌘ Shift Z', 'shortcuts.redo'],
  ['Esc', 'shortcuts.cancel'],
  ['Ctrl / ⌘ Shift E', 'shortcuts.export'],
  ['↑ ↓', 'shortcuts.move'],
  ['← →', 'shortcuts.dial'],
  ['?', 'shortcuts.help'],
];

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  return (
    <Modal title={t('shortcuts.title')} onClose={onClose} testId="shortcuts">
      <dl className="shortcuts">
        {rows.map(([keys, what]) => (
          <div key={what} className="fact">
            <dt>{t(what)}</dt>
            <dd>
              <kbd>{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
