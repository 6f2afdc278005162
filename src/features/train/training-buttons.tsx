import { useActions, useStudio } from '../../store/index.ts';
import { Button, useWords } from '../../ui/index.ts';
import { selectOffer } from './use-training.ts';

/** The buttons of a training that runs: hold it, go on, end it with the best so far, stop it. Of one that stands still: go on with it. */
export function TrainingButtons() {
  const { t } = useWords();
  const { steerTraining, cancel, train } = useActions();
  const { kind, state, blocked } = useStudio(selectOffer);
  if (kind === 'untrained' || kind === 'started')
    return (
      <span className="train-buttons">
        <Button look="primary" onClick={train} disabled={blocked} data-testid="train-here">
          {t(kind === 'started' ? 'train.resume' : 'train.train')}
        </Button>
      </span>
    );
  if (kind !== 'busy') return null;
  const held = state === 'paused' || state === 'pausing';
  return (
    <span className="train-buttons">
      <Button
        onClick={() => steerTraining(held ? 'go-on' : 'pause')}
        disabled={state === 'finishing'}
        data-testid={held ? 'go-on-training' : 'pause-training'}
      >
        {t(held ? 'train.goOn' : 'train.pause')}
      </Button>
      <Button
        onClick={() => steerTraining('finish')}
        disabled={state === 'finishing'}
        title={t('train.finishMeaning')}
        data-testid="finish-training"
      >
        {t('train.finish')}
      </Button>
      <Button onClick={cancel} title={t('train.stopMeaning')} data-testid="stop-training">
        {t('train.stop')}
      </Button>
    </span>
  );
}
