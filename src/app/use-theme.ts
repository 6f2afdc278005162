import { useEffect } from 'react';
import type { Theme } from '../store/index.ts';
import { useMedia } from '../ui/index.ts';

/** Writes the theme in force on the document: colours depend on nothing else. */
export function useTheme(theme: Theme): void {
  const systemDark = useMedia('(prefers-color-scheme: dark)');
  const dark = theme === 'dark' || (theme === 'system' && systemDark);
  useEffect(() => {
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  }, [dark]);
}
