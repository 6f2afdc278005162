import { useActions, useStudio } from '../../store/index.ts';
import { Button, Failure, Modal, useWords } from '../../ui/index.ts';
import { ExportReady, type LoadCharts } from './export-ready.tsx';

/** The export: first the check, then the files. A mismatch is shown, and there is nothing to download. */
export function ExportDialog({ loadCharts }: { readonly loadCharts: LoadCharts }) {
  const { t } = useWords();
  const { closeExport, exportShown } = useActions();
  const exported = useStudio((state) => state.exported);
  if (exported.kind === 'none') return null;
  return (
    <Modal title={t('export.title')} onClose={closeExport} testId="export-dialog">
      {exported.kind === 'loading' ? <Checking /> : null}
      {exported.kind === 'failed' ? (
        <div className="export-failed" role="alert" data-testid="export-failed">
          <Failure error={exported.error} />
          <p>{t('export.nothing')}</p>
          <Button look="outline" onClick={exportShown}>
            {t('action.retry')}
          </Button>
        </div>
      ) : null}
      {exported.kind === 'ready' ? (
        <ExportReady exported={exported.value} loadCharts={loadCharts} />
      ) : null}
    </Modal>
  );
}

function Checking() {
  const { t } = useWords();
  const job = useStudio((state) => state.job);
  const progress = job.kind === 'running' ? job.progress : undefined;
  const phase = progress === undefined ? t('export.checking') : t(`phase.${progress.phase}`);
  const share =
    progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
  return (
    <div className="export-checking" role="status">
      <p>{t('export.checkingNote')}</p>
      <p>{phase}</p>
      <progress
        className="progress"
        {...(share === undefined ? {} : { value: share })}
        aria-label={phase}
      />
    </div>
  );
}
