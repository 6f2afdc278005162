import { useState } from 'react';
import { useActions, useStudio } from '../../store/index.ts';
import { Button, formatInteger, Modal, useWords } from '../../ui/index.ts';
import { PreprocessForm } from './preprocess-form.tsx';

/** What the model is measured on, and where to change it. */
export function DataPanel() {
  const { t, language } = useWords();
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
          <span className="quiet">
            {' '}
            {t(data.labelled ? 'data.labelled' : 'data.unlabelled', {
              count: formatInteger(data.count, language),
            })}
          </span>
        )}
      </p>
      {data.kind === 'synthetic' ? <p className="panel-note">{t('data.syntheticNote')}</p> : null}
      <div className="data-buttons">
        <DataChooser take={openData} />
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

/** Own data: files (.npz, IDX, .csv …) or a folder with one subfolder per class. */
function DataChooser({ take }: { readonly take: (files: readonly File[]) => void }) {
  const { t } = useWords();
  const chosen = (list: FileList | null): readonly File[] =>
    [...(list ?? [])].map((file) =>
      file.webkitRelativePath === ''
        ? file
        : new File([file], file.webkitRelativePath, { type: file.type }),
    );
  return (
    <>
      <label className="button button-plain chooser">
        <input
          type="file"
          multiple
          className="sr-only chooser-input"
          data-testid="choose-data"
          onChange={(event) => take(chosen(event.target.files))}
        />
        {t('data.chooseFiles')}
      </label>
      <label className="button button-plain chooser">
        <input
          type="file"
          multiple
          className="sr-only chooser-input"
          data-testid="choose-data-folder"
          {...{ webkitdirectory: '' }}
          onChange={(event) => take(chosen(event.target.files))}
        />
        {t('data.chooseFolder')}
      </label>
    </>
  );
}
