import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ensureIsolation } from './app/isolation.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

// A page that is about to reload into isolation must not be usable before: work would be lost.
if ((await ensureIsolation()) !== 'reloading') {
  createRoot(root).render(
    <StrictMode>
      <main>
        <h1>Whittle</h1>
      </main>
    </StrictMode>,
  );
}
