import { type Theme, useActions, useStudio } from '../store/index.ts';
import { IconButton, type Key, useWords } from '../ui/index.ts';

export function LanguageSwitch() {
  const { t, language } = useWords();
  const { setLanguage } = useActions();
  return (
    <button
      type="button"
      className="bar-button"
      // The visible word is in the other language; the name says so in this one, and holds the visible word.
      aria-label={`${t('bar.language')}. ${t('bar.languageLabel')}`}
      data-testid="language"
      onClick={() => setLanguage(language === 'en' ? 'ko' : 'en')}
    >
      {t('bar.language')}
    </button>
  );
}

const next: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const labels: Readonly<Record<Theme, Key>> = {
  system: 'bar.themeSystem',
  light: 'bar.themeLight',
  dark: 'bar.themeDark',
};

export function ThemeSwitch() {
  const { t } = useWords();
  const { setTheme } = useActions();
  const theme = useStudio((state) => state.preferences.theme);
  return (
    <IconButton
      icon="theme"
      label={t(labels[theme])}
      data-testid="theme"
      onClick={() => setTheme(next[theme])}
    />
  );
}
