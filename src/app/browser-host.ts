import type { StudioHost } from '../store/create-studio.ts';
import { createSessionDatabase } from '../store/session-database.ts';
import type { Preferences } from '../store/state.ts';
import type { StudioClient } from '../worker/client.ts';
import { fetchFile } from './fetch-file.ts';
import { pickLanguage } from './languages/words-in.ts';

const preferencesKey = 'whittle:preferences';

/** The browser as the studio sees it. */
export function browserHost(client: StudioClient): StudioHost {
  return {
    client,
    scheduler: {
      nowMs: () => performance.now(),
      after(delayMs, work) {
        const id = setTimeout(work, delayMs);
        return () => clearTimeout(id);
      },
    },
    keeper: createSessionDatabase(),
    preferences: readPreferences(),
    keepPreferences(preferences) {
      try {
        localStorage.setItem(preferencesKey, JSON.stringify(preferences));
      } catch {
        // Storage may be refused (private mode): the choice then holds until the page is closed.
      }
    },
    async fetchSampleIndex() {
      const url = new URL('samples/index.json', document.baseURI).href;
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      return { json: (await response.json()) as unknown, url };
    },
    fetchFile,
    isVisible: () => document.visibilityState === 'visible',
    // Two frames: the first draws, the second begins when it is on screen. A hidden tab draws none.
    painted: () =>
      new Promise((resolve) => {
        if (document.visibilityState !== 'visible') return resolve();
        requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
      }),
    address: {
      read: () => location.hash,
      onChange(changed) {
        addEventListener('hashchange', changed);
        return () => removeEventListener('hashchange', changed);
      },
      write: (hash) =>
        history.replaceState(
          history.state,
          '',
          hash === '' ? location.pathname + location.search : hash,
        ),
    },
  };
}

function readPreferences(): Preferences {
  const first: Preferences = { language: pickLanguage(navigator.languages), theme: 'system' };
  try {
    const kept = JSON.parse(localStorage.getItem(preferencesKey) ?? '{}') as Partial<
      Record<string, unknown>
    >;
    const { language, theme } = kept;
    return {
      language: language === 'en' || language === 'ko' ? language : first.language,
      theme: theme === 'light' || theme === 'dark' || theme === 'system' ? theme : first.theme,
    };
  } catch {
    return first;
  }
}
