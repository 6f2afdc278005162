import { shown, type StudioState, useStudio } from '../../store/index.ts';
import {
  Button,
  formatBytes,
  formatInteger,
  formatTiny,
  Icon,
  useWords,
  type Words,
} from '../../ui/index.ts';
import type { ReportChart } from '../../ui/charts/scene.ts';
import { download } from './download.ts';
import { reportHtml } from './report.ts';
import { reportData } from './report-data.ts';

type Exported = NonNullable<
  ReturnType<typeof shown<Extract<StudioState['exported'], { kind: 'ready' }>['value']>>
>;

/** Draws what the charts show now. Given from outside: the charts are another feature, loaded late. */
export type LoadCharts = () => Promise<
  (state: StudioState, words: Words) => readonly ReportChart[]
>;

interface ExportReadyProps {
  readonly exported: Exported;
  readonly loadCharts: LoadCharts;
}

/** What was verified, and the files. */
export function ExportReady({ exported, loadCharts }: ExportReadyProps) {
  const words = useWords();
  const { t, language } = words;
  const model = useStudio((state) => state.model);
  const points = useStudio((state) => state.points);
  const settings = useStudio((state) => state.settings);
  const data = useStudio((state) => state.data);
  const everything = useStudio((state) => state);
  const { verified, files, point } = exported;
  const base = (files[0]?.name ?? model?.name ?? 'model').replace(/\.onnx$/, '');
  const { recipe } = point.evaluation;
  const recipeFile = (): Blob =>
    new Blob([`${JSON.stringify(recipe, null, 2)}\n`], { type: 'application/json' });
  const saveReport = async (): Promise<void> => {
    const draw = await loadCharts();
    const content = reportData({ model, points, settings, data, point, verified });
    const html = reportHtml(content, draw(everything, words), words);
    download(new Blob([html], { type: 'text/html' }), `${base}.report.html`);
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
        <Button icon="download" data-testid="download-report" onClick={() => void saveReport()}>
          {t('export.report')}
        </Button>
      </div>
      {files.length > 1 ? <p className="panel-note">{t('export.external')}</p> : null}
    </div>
  );
}
