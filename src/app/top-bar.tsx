import { DeviceMenu, ModelFacts } from '../features/inspect/index.ts';
import {
  isTraining,
  memo,
  type StudioState,
  useActions,
  useStudio,
  waitsForTraining,
} from '../store/index.ts';
import { Button, IconButton, useWords } from '../ui/index.ts';
import { LanguageSwitch, ThemeSwitch } from './preferences.tsx';

const selectCanExport = memo(
  (state: StudioState) =>
    [state.model, state.data, state.plan, state.history.present, state.training?.state] as const,
  (state) =>
    state.model !== undefined &&
    state.data !== undefined &&
    !waitsForTraining(state) &&
    !isTraining(state) &&
    !(
      state.plan?.recipe === state.history.present &&
      state.plan.steps.some((step) => step.kind === 'refused')
    ),
);

/** The bar: which model, on which device, back and forth, language, theme, export. */
export function TopBar({ narrow, help }: { readonly narrow: boolean; readonly help: () => void }) {
  const { t } = useWords();
  const { showStart, undo, redo, exportShown } = useActions();
  const name = useStudio((state) => state.model?.name);
  const canUndo = useStudio((state) => state.history.past.length > 0);
  const canRedo = useStudio((state) => state.history.future.length > 0);
  const canExport = useStudio(selectCanExport);
  return (
    <header className="top-bar">
      <button
        type="button"
        className="wordmark"
        title={t('bar.start')}
        onClick={showStart}
        data-testid="open-another"
      >
        Whittle<span className="sr-only">: {t('bar.start')}</span>
      </button>
      <h1 className="sr-only">{name}</h1>
      <ModelFacts />
      <span className="top-bar-space" />
      {narrow ? null : <DeviceMenu />}
      <IconButton
        icon="undo"
        label={t('bar.undo')}
        keys="Ctrl Z"
        disabled={!canUndo}
        onClick={undo}
        data-testid="undo"
      />
      <IconButton
        icon="redo"
        label={t('bar.redo')}
        keys="Ctrl Shift Z"
        disabled={!canRedo}
        onClick={redo}
        data-testid="redo"
      />
      {narrow ? null : (
        <>
          <LanguageSwitch />
          <ThemeSwitch />
          <button
            type="button"
            className="icon-button"
            aria-label={t('bar.shortcuts')}
            title={`${t('bar.shortcuts')} (?)`}
            onClick={help}
            data-testid="help"
          >
            ?
          </button>
        </>
      )}
      <Button look="primary" onClick={exportShown} disabled={!canExport} data-testid="export">
        {t('bar.export')}
      </Button>
    </header>
  );
}
