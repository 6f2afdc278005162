import { useEffect } from 'react';
import { useActions, useStudio } from '../../store/index.ts';
import { Button, FileChooser, Icon, useWords } from '../../ui/index.ts';
import { OpeningState } from './opening-state.tsx';
import { SampleCards } from './sample-cards.tsx';

/** The empty page: what this is in one sentence, a place to drop, samples, and that nothing leaves the device. */
export function StartPage() {
  const { t } = useWords();
  const { loadSamples, openDropped, showStudio } = useActions();
  const model = useStudio((state) => state.model?.name);
  useEffect(() => loadSamples(), [loadSamples]);
  return (
    <div className="start">
      <section className="start-head">
        <h1 className="start-title">{t('open.sentence')}</h1>
        <p className="start-privacy">
          <Icon name="lock" />
          {t('open.privacy')}
        </p>
      </section>
      <section className="drop-area" aria-label={t('open.drop')} data-testid="drop-area">
        <OpeningState />
        <p className="drop-title">{t('open.drop')}</p>
        <p className="drop-hint">{t('open.dropHint')}</p>
        <div className="drop-buttons">
          <FileChooser
            label={t('open.choose')}
            look="primary"
            take={openDropped}
            testId="choose-files"
          />
          <FileChooser
            label={t('open.chooseFolder')}
            look="outline"
            folder
            take={openDropped}
            testId="choose-folder"
          />
          {model === undefined ? null : (
            <Button look="plain" icon="right" onClick={showStudio} data-testid="back-to-model">
              {t('open.back', { name: model })}
            </Button>
          )}
        </div>
      </section>
      <section className="start-samples" aria-labelledby="samples-title">
        <h2 id="samples-title" className="start-samples-title">
          {t('open.samples')}
        </h2>
        <SampleCards />
      </section>
    </div>
  );
}
