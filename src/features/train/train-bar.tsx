import { type StudioState, useActions, useStudio, useStudioLater } from '../../store/index.ts';
import { Button, useWords } from '../../ui/index.ts';
import { newestStep } from './training-runs.ts';
import { standLine } from './training-summary.ts';
import { selectOffer, type TrainingOffer } from './use-training.ts';

/** Under the recipe's cards: what has to be trained, and the button for it. Nothing is trained without it. */
export function TrainBar() {
  const { t } = useWords();
  const { train, forgetTraining, showChart, showPart } = useActions();
  const offer = useStudio(selectOffer);
  const { kind, blocked } = offer;
  const show = (): void => {
    showChart('training');
    showPart('charts');
  };
  if (kind === 'none') return null;
  if (kind === 'busy')
    return (
      <div className="train-bar" data-testid="train-bar" data-kind={kind}>
        <Stand />
        <Button look="plain" onClick={show} data-testid="show-training">
          {t('train.show')}
        </Button>
      </div>
    );
  return (
    <div className="train-bar" data-testid="train-bar" data-kind={kind}>
      <p className="train-bar-text">{t(barWords(offer))}</p>
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

const barWords = ({ kind, refused, noData, sizeKnown }: TrainingOffer) => {
  if (kind === 'trained') return 'train.bar.trained';
  if (refused) return 'job.refused';
  if (noData) return 'train.bar.noData';
  if (kind === 'started') return 'train.bar.started';
  return sizeKnown ? 'train.bar.untrained' : 'train.bar.unknown';
};

const selectTraining = ({ training }: StudioState) => training;

/** How far the training has come: on a phone the recipe and the curves are not seen together. */
function Stand() {
  const words = useWords();
  const training = useStudioLater(selectTraining);
  return (
    <p className="train-bar-text" data-testid="train-bar-stand">
      {training === undefined
        ? words.t('train.bar.busy')
        : standLine(training, newestStep(training.log.steps), words)}
    </p>
  );
}
