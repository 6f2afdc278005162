import { useActions, useStudio } from '../../store/index.ts';
import { Button, useWords } from '../../ui/index.ts';
import { selectOffer } from './use-training.ts';

/** Under the recipe's cards: what has to be trained, and the button for it. Nothing is trained without it. */
export function TrainBar() {
  const { t } = useWords();
  const { train, forgetTraining, showChart, showPart } = useActions();
  const { kind, blocked } = useStudio(selectOffer);
  const show = (): void => {
    showChart('training');
    showPart('charts');
  };
  if (kind === 'none') return null;
  if (kind === 'busy')
    return (
      <div className="train-bar" data-testid="train-bar" data-kind={kind}>
        <p className="train-bar-text">{t('train.bar.busy')}</p>
        <Button look="plain" onClick={show} data-testid="show-training">
          {t('train.show')}
        </Button>
      </div>
    );
  return (
    <div className="train-bar" data-testid="train-bar" data-kind={kind}>
      <p className="train-bar-text">{t(`train.bar.${kind}`)}</p>
      <span className="train-bar-buttons">
        {kind === 'untrained' ? null : (
          <Button look="plain" onClick={forgetTraining} data-testid="forget-training">
            {t('train.startOver')}
          </Button>
        )}
        {kind === 'trained' ? null : (
          <Button look="primary" onClick={train} disabled={blocked} data-testid="train">
            {t(kind === 'started' ? 'train.resume' : 'train.train')}
          </Button>
        )}
      </span>
    </div>
  );
}
