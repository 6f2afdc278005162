import { type FormEvent, type KeyboardEvent, useId, useState } from 'react';
import type { ContinuationOrder } from '../../store/index.ts';
import { Segments, useWords } from '../../ui/index.ts';
import { NumberBox } from './number-box.tsx';
import { candidates, limits, orderOf, readDraft, type Draft } from './draft.ts';

interface PromptFormProps {
  readonly start: Draft;
  readonly running: boolean;
  /** Nothing can be asked for now. */
  readonly blocked: boolean;
  readonly onWrite: (order: ContinuationOrder) => void;
  readonly onStop: () => void;
}

/** What both models are to go on with, and how. Enter begins; Shift and Enter make a new line. */
export function PromptForm({ start, running, blocked, onWrite, onStop }: PromptFormProps) {
  const { t } = useWords();
  const id = useId();
  const [draft, setDraft] = useState<Draft>(start);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const read = readDraft(draft);
  const order = orderOf(draft);
  const write = (): void => {
    if (order !== undefined && !blocked && !running) onWrite(order);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (running) onStop();
    else write();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While a syllable is being put together, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    write();
  };
  const number = (key: keyof typeof limits) => (
    <NumberBox
      label={t(`text.${key}`)}
      text={draft[key]}
      {...limits[key]}
      valid={read[key] !== undefined}
      onChange={(text) => change({ [key]: text })}
      testId={`text-${key}`}
    />
  );
  return (
    <form className="text-form" onSubmit={submit} data-testid="text-form">
      <label htmlFor={id} className="sr-only">
        {t('text.prompt')}
      </label>
      <textarea
        id={id}
        className="text-field text-prompt"
        rows={2}
        value={draft.prompt}
        placeholder={t('text.prompt')}
        spellCheck={false}
        onChange={(event) => change({ prompt: event.target.value })}
        onKeyDown={onKeyDown}
        data-testid="text-prompt"
      />
      <div className="text-settings">
        <Segments
          label={t('text.mode')}
          value={draft.mode}
          options={[
            { value: 'greedy', label: t('text.mode.greedy') },
            { value: 'sampled', label: t('text.mode.sampled') },
          ]}
          onChange={(mode) => change({ mode })}
          testId="text-mode"
        />
        {draft.mode === 'sampled' ? (
          <>
            {number('temperature')}
            {number('seed')}
          </>
        ) : null}
        {number('tokens')}
        <button
          type="submit"
          className={`button ${running ? 'button-outline' : 'button-primary'} text-go`}
          disabled={!running && (order === undefined || blocked)}
          data-testid="text-go"
        >
          {t(running ? 'text.stop' : 'text.write')}
        </button>
      </div>
      {draft.prompt.trim() === '' ? <p className="text-hint">{t('text.empty')}</p> : null}
      {draft.mode === 'sampled' ? (
        <p className="text-hint">{t('text.chanceNote', { candidates })}</p>
      ) : null}
    </form>
  );
}
