import type { Continuation, GeneratedText } from '../../store/index.ts';
import { formatInteger, formatNumber, useWords } from '../../ui/index.ts';

interface WrittenTextProps {
  readonly side: 'original' | 'variant';
  readonly prompt: string;
  readonly written: GeneratedText | undefined;
  /** The text cut where the two part; undefined where they do not. */
  readonly parted:
    | { readonly common: string; readonly marked: string; readonly rest: string }
    | undefined;
  readonly state: Continuation['state'];
  readonly asked: number;
}

/** What one model has written so far, how fast, and where it parts from the other. */
export function WrittenText({ side, prompt, written, parted, state, asked }: WrittenTextProps) {
  const { t, language } = useWords();
  const text = written?.text ?? '';
  const tokens = written?.tokens ?? 0;
  const ended = state === 'done' && tokens < asked;
  return (
    <section className="written" data-side={side} data-testid={`text-${side}`}>
      <div className="written-head">
        <h3 className={side === 'original' ? 'original-text' : 'variant-text'}>
          {t(side === 'original' ? 'side.original' : 'side.variant')}
        </h3>
        <p className="written-facts">
          {written?.tokensPerSecond === undefined ? null : (
            <span className="written-speed" data-testid={`text-${side}-speed`}>
              {t('text.perSecond', { speed: formatNumber(written.tokensPerSecond, 1, language) })}
            </span>
          )}
          <span>{t('text.count', { count: formatInteger(tokens, language) })}</span>
          {ended ? <span>{t('text.ended')}</span> : null}
        </p>
      </div>
      {/* What a model writes is in the language it was trained on. */}
      <p className="written-text" lang="" data-testid={`text-${side}-text`}>
        <span className="written-prompt">{prompt}</span>
        {parted === undefined ? (
          text
        ) : (
          <>
            {parted.common}
            {parted.marked === '' ? null : (
              <mark className="written-mark" data-testid={`text-${side}-mark`}>
                {parted.marked}
              </mark>
            )}
            {parted.rest}
          </>
        )}
        {state === 'running' ? <span className="written-caret" aria-hidden="true" /> : null}
      </p>
    </section>
  );
}
