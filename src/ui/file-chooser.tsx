import { useId } from 'react';
import { chosenFiles } from './named-file.ts';

interface FileChooserProps {
  readonly label: string;
  readonly look: 'primary' | 'outline' | 'plain';
  readonly folder?: boolean;
  readonly accept?: string;
  readonly testId?: string;
  readonly take: (files: readonly File[]) => void;
}

/** A button that opens the file chooser: a real file input, so keys and screen readers know what it is. */
export function FileChooser({
  label,
  look,
  folder = false,
  accept,
  testId,
  take,
}: FileChooserProps) {
  const id = useId();
  return (
    <span className="chooser">
      <input
        id={id}
        type="file"
        multiple
        className="sr-only chooser-input"
        data-testid={testId}
        {...(accept === undefined ? {} : { accept })}
        {...(folder ? { webkitdirectory: '' } : {})}
        onChange={(event) => {
          take(chosenFiles(event.target.files));
          // The same file may be chosen again.
          event.target.value = '';
        }}
      />
      <label htmlFor={id} className={`button button-${look}`}>
        {label}
      </label>
    </span>
  );
}
