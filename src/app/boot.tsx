import './styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createStudio } from '../store/create-studio.ts';
import { StudioProvider } from '../store/react.ts';
import { createStudioClient } from '../worker/create-client.ts';
import type { StudioClient } from '../worker/client.ts';
import { browserHost } from './browser-host.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { Shell } from './shell.tsx';

/** Puts the page into `root` and opens what the address or the last session names. */
export function boot(root: HTMLElement, client: StudioClient = createStudioClient()): void {
  const studio = createStudio(browserHost(client));
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <StudioProvider value={studio}>
          <Shell />
        </StudioProvider>
      </ErrorBoundary>
    </StrictMode>,
  );
  void studio.start();
}
