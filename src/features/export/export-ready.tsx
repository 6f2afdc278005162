import { shown, type StudioState, useStudio } from '../../store/index.ts';
import { Button, formatBytes, formatInteger, formatTiny, Icon, useWords } from '../../ui/index.ts';
import { download } from './download.ts';
import { reportHtml } from './report.ts';
import { reportData } from './report-data.ts';

type Exported = NonNullable<
  ReturnType<typeof shown<Extract<StudioState['exported'], { kind: 'ready' }>['value']>>
>;

/** What was verified, and the files. */
export function ExportReady({ exported }: { readonly exported: Exported }) {
  const words = useWords();
  const { t, language } = words;
  const model = useStudio((state) => state.model);
  const points = useStudio((state) => state.points);
  const settings = useStudio((state) => state.settings);
  const data = useStudio((state) => state.data);
  const { verified, files, point } = exported;
  const base = (files[0]?.name ?? model?.name ?? 'model').replace(/\.onnx$/, '');
  const { recipe } = point.evaluation;
  const recipeFile = (): Blob =>
    new Blob([`${JSON.stringify(recipe, null, 2)}\n`], { type: 'application/json' });
  const report = (): Blob => {
    const content = reportData({ model, points, settings, data, point, verified });
    return new Blob([reportHtml(content, words)], { type: 'text/html' });
  };
  return (
    <div className="export-ready" data-testid="export-ready">
      <p className="export-verified">
        <Icon name="check" />
        {t('export.verified')}
      </p>
      <dl className="facts">
        <div className="fact">
          <dt>{t('export.difference')}</dt>
          <dd data-testid="export-difference">{formatTiny(verified.maxAbsDifference, language)}</dd>
        </div>
        <div className="fact">
          <dt>{t('export.samples')}</dt>
          <dd>{formatInteger(verified.samples, language)}</dd>
        </div>
        <div className="fact">
          <dt>{t('export.bytes')}</dt>
          <dd>
            {formatBytes(verified.bytes, language)} ({formatInteger(verified.bytes, language)} B)
          </dd>
        </div>
        <div className="fact">
          <dt>SHA-256</dt>
          <dd>
            <code className="export-hash" data-testid="export-sha256">
              {verified.sha256}
            </code>
          </dd>
        </div>
      </dl>
      <div className="export-buttons">
        {files.map((file, index) => (
          <Button
            key={file.name}
            look={index === 0 ? 'primary' : 'outline'}
            icon="download"
            data-testid={index === 0 ? 'download-model' : 'download-external'}
            onClick={() => download(file.blob, file.name)}
          >
            {file.name}
          </Button>
        ))}
        <Button
          icon="download"
          data-testid="download-recipe"
          onClick={() => download(recipeFile(), `${base}.recipe.json`)}
        >
          {t('export.recipe')}
        </Button>
        <Button
          icon="download"
          data-testid="download-report"
          onClick={() => download(report(), `${base}.report.html`)}
        >
          {t('export.report')}
        </Button>
      </div>
      {files.length > 1 ? <p className="panel-note">{t('export.external')}</p> : null}
    </div>
  );
}
