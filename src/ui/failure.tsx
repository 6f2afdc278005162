import { useWords } from './words.ts';

interface FailureProps {
  readonly error: {
    readonly code: string;
    readonly where: string;
    readonly detail: string;
    readonly hint: string | null;
  };
  /** The technical detail is the answer: it stands open. */
  readonly open?: boolean;
}

/** A failure in the reader's words; the place and the engine's own words stand below as technical detail. */
export function Failure({ error, open = false }: FailureProps) {
  const { t, maybe } = useWords();
  return (
    <div className="failure" data-testid="failure" data-code={error.code}>
      <p>{maybe(`error.${error.code}`) ?? error.code}</p>
      <details className="failure-detail" open={open}>
        <summary>{t('error.detail')}</summary>
        <p lang="en">
          <code>{error.code}</code> · {error.where}: {error.detail}
          {error.hint === null ? null : `. ${error.hint}`}
        </p>
      </details>
    </div>
  );
}
