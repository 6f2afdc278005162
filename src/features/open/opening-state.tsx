import { useActions, useStudio } from '../../store/index.ts';
import { Button, Icon, type Key, useWords } from '../../ui/index.ts';

/** What the opening is doing: reading with its progress, or waiting for files that the model names. */
export function OpeningState() {
  const { t } = useWords();
  const { cancel } = useActions();
  const waitingFor = useStudio((state) => state.waitingFor);
  const job = useStudio((state) => state.job);
  if (job.kind === 'running' && job.task === 'open') {
    const { progress } = job;
    const phase =
      progress === undefined ? 'phase.reading' : (`phase.${progress.phase}` satisfies Key);
    const share =
      progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
    return (
      <div className="opening" data-testid="opening">
        <span>{t(phase)}</span>
        <progress
          className="progress"
          {...(share === undefined ? {} : { value: share })}
          aria-label={t(phase)}
        />
        <Button look="plain" onClick={cancel}>
          {t('action.cancel')}
        </Button>
      </div>
    );
  }
  if (waitingFor === undefined) return null;
  return (
    <div className="waiting-files" role="alert" data-testid="missing-files">
      <p>
        <Icon name="warning" /> {t('open.missing', { count: waitingFor.missing.length })}
      </p>
      <ul>
        {waitingFor.missing.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
