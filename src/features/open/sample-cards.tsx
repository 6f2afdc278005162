import { type Sample, useActions, useStudio } from '../../store/index.ts';
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatPerplexity,
  useWords,
} from '../../ui/index.ts';

/** What comes with the studio, each with a picture of what it does and what it reaches. */
export function SampleCards() {
  const { t } = useWords();
  const samples = useStudio((state) => state.samples);
  if (samples.kind === 'loading' || samples.kind === 'none')
    return <p className="quiet">{t('open.samplesLoading')}</p>;
  if (samples.kind === 'failed' || samples.value.length === 0)
    return (
      <p className="quiet" data-testid="samples-missing">
        {t('open.samplesMissing')}
      </p>
    );
  return (
    <ul className="sample-cards">
      {samples.value.map((sample) => (
        <li key={sample.name}>
          <SampleCard sample={sample} />
        </li>
      ))}
    </ul>
  );
}

function SampleCard({ sample }: { readonly sample: Sample }) {
  const { t, language } = useWords();
  const { openSample } = useActions();
  const quality =
    sample.accuracy !== undefined
      ? formatPercent(sample.accuracy, language)
      : sample.perplexity === undefined
        ? undefined
        : t('open.perplexity', { perplexity: formatPerplexity(sample.perplexity, language) });
  const facts = [
    sample.sizeBytes > 0 ? formatBytes(sample.sizeBytes, language) : undefined,
    sample.params === undefined
      ? undefined
      : t('unit.params', { count: formatCount(sample.params, language) }),
  ].filter((fact) => fact !== undefined);
  return (
    <button
      type="button"
      className="sample-card"
      data-testid={`sample-${sample.name}`}
      onClick={() => openSample(sample.name)}
    >
      {sample.pictureUrl === undefined ? null : (
        <img className="sample-picture" src={sample.pictureUrl} alt="" width={288} height={96} />
      )}
      <span className="sample-title">{sample.title[language]}</span>
      <span className="sample-text">{sample.description[language]}</span>
      <span className="sample-facts">
        {quality === undefined ? null : <span className="sample-accuracy">{quality}</span>}
        <span>{facts.join(' · ')}</span>
      </span>
    </button>
  );
}
