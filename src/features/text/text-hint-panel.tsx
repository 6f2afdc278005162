import { useActions, useStudio } from '../../store/index.ts';
import { Button, useWords } from '../../ui/index.ts';

/** Where a classifier's predictions stand, a language model has none to show: the way to its texts. */
export function TextHintPanel() {
  const { t } = useWords();
  const { showChart, showPart } = useActions();
  const shown = useStudio((state) => state.chart === 'text' && state.part === 'charts');
  return (
    <section
      className="panel text-hint-panel"
      aria-labelledby="text-hint-title"
      data-testid="text-hint"
    >
      <h2 id="text-hint-title" className="panel-title">
        {t('text.changedTitle')}
      </h2>
      <p>{t('text.changedNote')}</p>
      {shown ? null : (
        <Button
          look="outline"
          onClick={() => {
            showChart('text');
            showPart('charts');
          }}
          data-testid="open-text"
        >
          {t('text.open')}
        </Button>
      )}
    </section>
  );
}
