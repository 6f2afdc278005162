import { type FormEvent, useState } from 'react';
import type { GuessedPreprocess, Preprocess } from '../../engine/index.ts';
import { useActions } from '../../store/index.ts';
import { Button, Choice, useWords } from '../../ui/index.ts';
import { readNumbers } from './read-numbers.ts';

interface PreprocessFormProps {
  readonly guess: GuessedPreprocess;
  readonly done: () => void;
}

/** How a file becomes the model's input: guessed from the model, with the ground of each guess, and yours to change. */
export function PreprocessForm({ guess, done }: PreprocessFormProps) {
  const { t, language } = useWords();
  const { setPreprocess } = useActions();
  const [draft, setDraft] = useState<Preprocess>(guess.preprocess);
  const [texts, setTexts] = useState(() => textsOf(guess.preprocess));
  const change = (part: Partial<Preprocess>): void => setDraft({ ...draft, ...part });
  const read = {
    size: readNumbers(texts.size, 2),
    range: readNumbers(texts.range, 2),
    mean: readNumbers(texts.mean),
    std: readNumbers(texts.std),
    classOffset: readNumbers(texts.classOffset, 1),
  };
  const { size, range, mean, std, classOffset } = read;
  const complete =
    size !== undefined &&
    range !== undefined &&
    mean !== undefined &&
    std !== undefined &&
    classOffset !== undefined;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!complete) return;
    const [height = 1, width = 1] = size;
    const [low = 0, high = 1] = range;
    setPreprocess({
      ...draft,
      size: [height, width],
      range: [low, high],
      mean,
      std,
      classOffset: classOffset[0] ?? 0,
    });
    done();
  };
  const text = (key: keyof typeof texts, label: string, hint: string) => (
    <label className="form-row">
      <span>{label}</span>
      <input
        className="text-field"
        value={texts[key]}
        aria-invalid={read[key] === undefined}
        aria-label={label}
        placeholder={hint}
        onChange={(event) => setTexts({ ...texts, [key]: event.target.value })}
      />
    </label>
  );
  return (
    <form className="preprocess" onSubmit={submit}>
      <ul className="reasons" lang={language === 'en' ? undefined : 'en'}>
        {guess.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <div className="form-grid">
        <Choice
          label={t('preprocess.layout')}
          value={draft.layout}
          options={(['NCHW', 'NHWC'] as const).map((value) => ({ value, label: value }))}
          onChange={(layout) => change({ layout })}
        />
        <Choice
          label={t('preprocess.resize')}
          value={draft.resize}
          options={(['crop', 'stretch', 'none'] as const).map((value) => ({
            value,
            label: t(`preprocess.${value}`),
          }))}
          onChange={(resize) => change({ resize })}
        />
        <Choice
          label={t('preprocess.channels')}
          value={draft.channels}
          options={(['RGB', 'BGR', 'GRAY'] as const).map((value) => ({ value, label: value }))}
          onChange={(channels) => change({ channels })}
        />
        {text('size', t('preprocess.size'), '224, 224')}
        {text('range', t('preprocess.range'), '0, 1')}
        {text('mean', t('preprocess.mean'), '0, 0, 0')}
        {text('std', t('preprocess.std'), '1, 1, 1')}
        {text('classOffset', t('preprocess.classOffset'), '0')}
      </div>
      <div className="form-buttons">
        <button
          type="submit"
          className="button button-primary"
          disabled={!complete}
          data-testid="apply-preprocess"
        >
          {t('action.apply')}
        </button>
        <Button look="plain" onClick={done}>
          {t('action.cancel')}
        </Button>
      </div>
    </form>
  );
}

const textsOf = (preprocess: Preprocess) => ({
  size: preprocess.size.join(', '),
  range: preprocess.range.join(', '),
  mean: preprocess.mean.join(', '),
  std: preprocess.std.join(', '),
  classOffset: String(preprocess.classOffset),
});
