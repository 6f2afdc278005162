import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { DropOverlay, StartPage, useDropAnywhere } from '../features/open/index.ts';
import { useActions, useStudio } from '../store/index.ts';
import { WordsProvider } from '../ui/index.ts';
import { wordsIn } from './languages/words-in.ts';
import { Notices } from './notices.tsx';
import { LanguageSwitch, ThemeSwitch } from './preferences.tsx';
import { ShortcutSheet, useShortcuts } from './shortcuts.tsx';
import { useTheme } from './use-theme.ts';

/** Fetched when the empty page is idle, so that a model's summary does not wait for it. */
const loadWorkbench = () => import('./workbench.tsx');
const Workbench = lazy(loadWorkbench);

/** The page: the empty page or the studio, and what both share. */
export function Shell() {
  const language = useStudio((state) => state.preferences.language);
  const theme = useStudio((state) => state.preferences.theme);
  const words = useMemo(() => wordsIn(language), [language]);
  const name = useStudio((state) => state.model?.name);
  useTheme(theme);
  useEffect(() => {
    // A failure shows when the workbench is really needed.
    const id = setTimeout(() => void loadWorkbench().catch(() => undefined), 300);
    return () => clearTimeout(id);
  }, []);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    document.title = name === undefined ? words.t('app.title') : `${name} · Whittle`;
  }, [name, words]);
  return (
    <WordsProvider value={words}>
      <Page />
    </WordsProvider>
  );
}

function Page() {
  const { openDropped } = useActions();
  const studio = useStudio((state) => state.view === 'studio' && state.model !== undefined);
  const hovering = useDropAnywhere(openDropped);
  const [help, setHelp] = useState(false);
  const showHelp = useCallback(() => setHelp(true), []);
  useShortcuts(showHelp);
  return (
    <div className="page">
      <Notices />
      {studio ? (
        <Suspense fallback={null}>
          <Workbench help={showHelp} />
        </Suspense>
      ) : (
        <div className="start-page">
          <header className="start-bar">
            <span className="wordmark">Whittle</span>
            <span className="top-bar-space" />
            <LanguageSwitch />
            <ThemeSwitch />
          </header>
          <main id="main">
            <StartPage />
          </main>
        </div>
      )}
      {hovering ? <DropOverlay /> : null}
      {help ? <ShortcutSheet onClose={() => setHelp(false)} /> : null}
    </div>
  );
}
