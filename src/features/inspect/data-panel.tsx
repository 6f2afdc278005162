import { useState } from 'react';
import type { Preprocess } from '../../engine/index.ts';
import { type OpenedData, useActions, useStudio } from '../../store/index.ts';
import { Button, FileChooser, formatInteger, Modal, useWords, type Words } from '../../ui/index.ts';
import { PreprocessForm } from './preprocess-form.tsx';

/** What the model is measured on, and where to change it. */
export function DataPanel() {
  const words = useWords();
  const { t } = words;
  const { openData } = useActions();
  const data = useStudio((state) => state.data);
  const [editing, setEditing] = useState(false);
  if (data === undefined) return null;
  const pixels = data.kind === 'images';
  return (
    <section className="panel data-panel" aria-labelledby="data-title" data-testid="data-panel">
      <h2 id="data-title" className="panel-title">
        {t('data.title')}
      </h2>
      <p className="data-line" data-testid="data-name">
        {data.kind === 'synthetic' ? t('data.synthetic') : data.name}
        {data.kind === 'synthetic' ? null : (
          <span className="quiet"> {countWords(data, words)}</span>
        )}
      </p>
      {data.kind === 'synthetic' ? <p className="panel-note">{t('data.syntheticNote')}</p> : null}
      {pixels ? (
        <p className="data-preprocess" data-testid="preprocess-line">
          {preprocessLine(data.guess.preprocess)}
        </p>
      ) : null}
      {data.text === undefined ? null : (
        <p className="data-preprocess" data-testid="text-line">
          {textLine(data.text, words)}
        </p>
      )}
      <div className="data-buttons">
        <FileChooser
          look="plain"
          label={t('data.chooseFiles')}
          take={openData}
          testId="choose-data"
        />
        <FileChooser
          look="plain"
          folder
          label={t('data.chooseFolder')}
          take={openData}
          testId="choose-data-folder"
        />
        {pixels ? (
          <Button look="plain" onClick={() => setEditing(true)} data-testid="edit-preprocess">
            {t('data.preprocess')}
          </Button>
        ) : null}
      </div>
      {editing ? (
        <Modal
          title={t('data.preprocessTitle')}
          onClose={() => setEditing(false)}
          testId="preprocess"
        >
          <PreprocessForm guess={data.guess} done={() => setEditing(false)} />
        </Modal>
      ) : null}
    </section>
  );
}

function countWords({ kind, labelled, count, text }: OpenedData, { t, language }: Words): string {
  const counted = { count: formatInteger(count, language) };
  if (text?.task === 'language-model')
    return t('data.windows', { ...counted, length: formatInteger(text.length, language) });
  if (kind === 'text') return t(labelled ? 'data.texts' : 'data.textsUnlabelled', counted);
  return t(labelled ? 'data.labelled' : 'data.unlabelled', counted);
}

/** How text is read: `tokenizer.json: 6,000 tokens, at most 128 tokens of a text`. */
function textLine(
  { task, tokenizer, vocabulary, length }: NonNullable<OpenedData['text']>,
  { t, language }: Words,
): string {
  const parts = [
    t('data.tokenizer', { tokenizer, vocabulary: formatInteger(vocabulary, language) }),
  ];
  if (task === 'samples')
    parts.push(t('data.upToTokens', { length: formatInteger(length, language) }));
  return parts.join(', ');
}

/** The preprocessing in one line: `28 × 28 GRAY NCHW, 0–1, mean 0.13, std 0.31`. */
function preprocessLine({ size, channels, layout, range, mean, std }: Preprocess): string {
  const parts = [`${size.join(' × ')} ${channels} ${layout}`, range.join('–')];
  if (mean.some((value) => value !== 0)) parts.push(`mean ${mean.join(' ')}`);
  if (std.some((value) => value !== 1)) parts.push(`std ${std.join(' ')}`);
  return parts.join(', ');
}
