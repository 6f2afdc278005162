/**
 * Threads need a cross-origin isolated page. Where the host sends the headers there is nothing to
 * do. Where it does not, a service worker can add them, from the next load on: so register, then
 * reload, once. Whatever goes wrong (private mode, plain http, a blocked worker, a host that still
 * is not isolated after the reload) the studio runs with one thread and says so.
 */

export type Isolation = 'isolated' | 'reloading' | 'single-thread';

/** What is used of the browser, so that a test can stand in for it. */
export interface IsolationHost {
  readonly crossOriginIsolated: boolean;
  readonly isSecureContext: boolean;
  /** The query of the page's address; `isolation=off` leaves the page as the host sent it. */
  readonly search: string;
  /** Resolves once the service worker is active and will see the next load. */
  register(): Promise<void>;
  reload(): void;
  /** Survives the reload, ends with the tab. May throw where storage is refused. */
  readonly session: {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
  };
}

const reloadedKey = 'whittle:isolation-reloaded';
const registrationTimeoutMs = 4000;

export async function ensureIsolation(host: IsolationHost = browserHost()): Promise<Isolation> {
  if (host.crossOriginIsolated) return 'isolated';
  if (!host.isSecureContext || new URLSearchParams(host.search).get('isolation') === 'off') {
    return 'single-thread';
  }
  try {
    if (host.session.getItem(reloadedKey) !== null) return 'single-thread';
    await withTimeout(host.register(), registrationTimeoutMs);
    // Noted before the reload: without this note there could be a second one.
    host.session.setItem(reloadedKey, '1');
    host.reload();
    return 'reloading';
  } catch {
    return 'single-thread';
  }
}

function browserHost(): IsolationHost {
  return {
    crossOriginIsolated: globalThis.crossOriginIsolated,
    isSecureContext: globalThis.isSecureContext,
    search: location.search,
    async register() {
      await navigator.serviceWorker.register(new URL('isolation-sw.js', document.baseURI));
      await navigator.serviceWorker.ready;
    },
    reload: () => location.reload(),
    session: {
      getItem: (key) => sessionStorage.getItem(key),
      setItem: (key, value) => sessionStorage.setItem(key, value),
    },
  };
}

async function withTimeout(task: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), timeoutMs);
  });
  try {
    await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}
