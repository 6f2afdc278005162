import {
  type Headline as Figures,
  type Known,
  selectHeadline,
  useStudio,
} from '../../store/index.ts';
import {
  formatBytes,
  formatDb,
  formatMs,
  formatNumber,
  formatPercent,
  formatPerplexity,
  formatPoints,
  formatTimes,
  nbsp,
  signed,
  useWords,
  type Words,
} from '../../ui/index.ts';
import { Term } from '../../ui/term.tsx';
import { Figure } from './figure.tsx';

/** The three numbers, always in view: before → after, the difference and how sure it is. */
export function Headline() {
  const { t } = useWords();
  const figures = useStudio(selectHeadline);
  return (
    <section className="headline" aria-label={t('headline.title')} data-testid="headline">
      <QualityFigure figures={figures} />
      <LatencyFigure figures={figures} />
      <SizeFigure figures={figures} />
    </section>
  );
}

const value = (known: Known): number | undefined =>
  known.kind === 'waiting' ? undefined : known.value;

function QualityFigure({ figures }: { readonly figures: Figures }) {
  const words = useWords();
  const { t, language } = words;
  const { quality } = figures;
  if (quality.kind === 'agreement')
    return (
      <Figure
        testId="figure-quality"
        name={<Term word="figure.agreement" meaning="term.agreement" />}
        before={figures.unchanged ? quality.after : undefined}
        after={figures.unchanged ? undefined : quality.after}
        format={(share) => formatPercent(share, language)}
        note={
          trainingNote(figures, words) ??
          (figures.unchanged || quality.sqnrDb === undefined
            ? t('figure.noLabels')
            : t('figure.sqnr', { db: formatDb(quality.sqnrDb, language) }))
        }
      />
    );
  if (quality.kind === 'perplexity')
    return (
      <Figure
        testId="figure-quality"
        name={<Term word="figure.perplexity" meaning="term.perplexity" />}
        before={quality.before}
        after={figures.unchanged ? undefined : quality.after}
        format={(perplexity) => formatPerplexity(perplexity, language)}
        note={trainingNote(figures, words) ?? perplexityNote(figures, words)}
      />
    );
  return (
    <Figure
      testId="figure-quality"
      name={<Term word="figure.accuracy" meaning="term.accuracy" />}
      before={quality.before}
      after={figures.unchanged ? undefined : quality.after}
      format={(share) => formatPercent(share, language)}
      note={qualityNote(figures, words)}
    />
  );
}

/** Why there is no measurement of the variant, where it has to be trained first. */
const trainingNote = ({ training }: Figures, { t }: Words): string | undefined =>
  training === undefined
    ? undefined
    : t(training === 'running' ? 'figure.training' : 'figure.needsTraining');

function qualityNote(figures: Figures, words: Words): string {
  const { quality, unchanged } = figures;
  const { t, language } = words;
  const waits = trainingNote(figures, words);
  if (waits !== undefined) return waits;
  if (quality.kind !== 'accuracy') return '';
  const samples =
    quality.samples === undefined
      ? ''
      : t('figure.onSamples', { count: formatNumber(quality.samples, 0, language) });
  const before = value(quality.before);
  const after = value(quality.after);
  if (unchanged || before === undefined || after === undefined) return samples;
  const difference = formatPoints(after - before, language);
  if (quality.after.kind !== 'measured' || quality.margin === undefined) return difference;
  return `${signed((after - before) * 100, language, 1)} ± ${formatNumber(quality.margin * 100, 1, language)}${nbsp}pt`;
}

/** How much better or worse, in per cent: lower is better. */
function perplexityNote({ quality, unchanged }: Figures, { t, language }: Words): string {
  if (quality.kind !== 'perplexity') return '';
  const before = value(quality.before);
  const after = value(quality.after);
  if (unchanged || before === undefined || after === undefined)
    return quality.samples === undefined
      ? t('figure.lowerIsBetter')
      : t('figure.onTokens', { count: formatNumber(quality.samples, 0, language) });
  const change = after / before - 1;
  const percent = formatPercent(Math.abs(change), language);
  const text = t(change > 0 ? 'figure.perplexityWorse' : 'figure.perplexityBetter', { percent });
  if (quality.after.kind !== 'measured' || quality.margin === undefined) return text;
  return `${text} ± ${formatPercent(quality.margin, language)}`;
}

function LatencyFigure({ figures }: { readonly figures: Figures }) {
  const words = useWords();
  const { t, language } = words;
  const { latency, unchanged } = figures;
  const { speedup } = latency;
  const note =
    unchanged || speedup === undefined || latency.after.kind !== 'measured'
      ? t('figure.latencyNote')
      : latency.unclear
        ? t('figure.noDifference', {
            low: formatNumber(speedup.low, 2, language),
            high: formatTimes(speedup.high, language),
          })
        : t(speedup.value >= 1 ? 'figure.faster' : 'figure.slower', {
            times: formatTimes(speedup.value >= 1 ? speedup.value : 1 / speedup.value, language),
            margin: formatNumber(
              ((speedup.high - speedup.low) / 2 / speedup.value) * 100,
              0,
              language,
            ),
          });
  return (
    <Figure
      testId="figure-latency"
      name={<Term word="figure.latency" meaning="term.latency" />}
      before={latency.before}
      after={unchanged ? undefined : latency.after}
      format={(ms) => formatMs(ms, language)}
      note={trainingNote(figures, words) ?? note}
    />
  );
}

function SizeFigure({ figures }: { readonly figures: Figures }) {
  const { t, language } = useWords();
  const { size, unchanged } = figures;
  const before = value(size.before);
  const after = value(size.after);
  const ratio =
    before === undefined || after === undefined || after === 0 ? undefined : before / after;
  const note =
    unchanged || ratio === undefined
      ? t('figure.onDisk')
      : Math.abs(ratio - 1) < 0.005
        ? t('figure.sameSize')
        : t(ratio >= 1 ? 'figure.smaller' : 'figure.larger', {
            times: formatTimes(ratio >= 1 ? ratio : 1 / ratio, language),
          });
  return (
    <Figure
      testId="figure-size"
      name={<Term word="figure.size" meaning="term.size" />}
      before={size.before}
      after={unchanged ? undefined : size.after}
      format={(bytes) => formatBytes(bytes, language)}
      note={note}
    />
  );
}
