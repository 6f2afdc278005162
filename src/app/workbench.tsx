import { ChangedPanel, ComparisonTable, Headline, WhyPanel } from '../features/compare/index.ts';
import { ExportDialog } from '../features/export/index.ts';
import { DataPanel, DevicePanel, ModelPanel } from '../features/inspect/index.ts';
import { RecipePanel } from '../features/recipe/index.ts';
import { TextHintPanel } from '../features/text/index.ts';
import { TrainBar } from '../features/train/index.ts';
import { isLanguageModel, type PartId, useActions, useStudio } from '../store/index.ts';
import { Icon, type IconName, type Key, useMedia, useWords } from '../ui/index.ts';
import { ChartSlot, loadReportCharts } from './chart-slot.tsx';
import { JobLine } from './job-line.tsx';
import { LanguageSwitch, ThemeSwitch } from './preferences.tsx';
import { TopBar } from './top-bar.tsx';

/** The studio with a model in it. Loaded when the first model is opened. */
export default function Workbench({ help }: { readonly help: () => void }) {
  const narrow = useMedia('(max-width: 767px)');
  return (
    <div className="workbench" data-narrow={narrow || undefined}>
      <TopBar narrow={narrow} help={help} />
      {narrow ? <Narrow /> : <Wide />}
      <JobLine />
      <ExportDialog loadCharts={loadReportCharts} />
    </div>
  );
}

/** Desktop: recipe, figures and charts, what changed, all on one screen. */
function Wide() {
  const { t } = useWords();
  return (
    <main className="columns" id="main">
      <aside className="column column-left" aria-label={t('recipe.title')}>
        <RecipePanel after={<TrainBar />} />
        <DataPanel />
      </aside>
      <div className="column column-centre">
        <Headline />
        <ChartSlot />
        <ComparisonTable />
      </div>
      <aside className="column column-right" aria-label={t('changed.title')}>
        <ModelPanel />
        <SamplesPanel />
        <WhyPanel />
      </aside>
    </main>
  );
}

/** Predictions side by side; of a language model also the way to what it writes. */
const SamplesPanel = () => (
  <>
    {useStudio(isLanguageModel) ? <TextHintPanel /> : null}
    <ChangedPanel />
  </>
);

const tabs: readonly { readonly id: PartId; readonly name: Key; readonly icon: IconName }[] = [
  { id: 'recipe', name: 'tab.recipe', icon: 'sliders' },
  { id: 'charts', name: 'tab.charts', icon: 'chart' },
  { id: 'samples', name: 'tab.samples', icon: 'grid' },
];

/** Phone: one column under the three numbers; the parts are tabs within reach of a thumb. */
function Narrow() {
  const { t } = useWords();
  const { showPart } = useActions();
  const tab = useStudio((state) => state.part);
  return (
    <>
      <main className="narrow" id="main">
        <Headline />
        <div className="narrow-part" data-testid={`part-${tab}`}>
          {tab === 'recipe' ? (
            <>
              <RecipePanel after={<TrainBar />} />
              <DataPanel />
              <ModelPanel />
              <section className="panel" aria-label={t('device.title')}>
                <h2 className="panel-title">{t('device.title')}</h2>
                <DevicePanel />
                <div className="narrow-preferences">
                  <LanguageSwitch />
                  <ThemeSwitch />
                </div>
              </section>
            </>
          ) : null}
          {tab === 'charts' ? (
            <>
              <ChartSlot />
              <ComparisonTable />
            </>
          ) : null}
          {tab === 'samples' ? (
            <>
              <WhyPanel />
              <SamplesPanel />
            </>
          ) : null}
        </div>
      </main>
      <nav className="tab-bar" aria-label={t('tab.label')}>
        {tabs.map(({ id, name, icon }) => (
          <button
            key={id}
            type="button"
            className="tab"
            aria-current={tab === id ? 'page' : undefined}
            data-testid={`tab-${id}`}
            onClick={() => showPart(id)}
          >
            <Icon name={icon} size={20} />
            {t(name)}
          </button>
        ))}
      </nav>
    </>
  );
}
