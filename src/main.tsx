import { boot } from './app/boot.tsx';
import { ensureIsolation } from './app/isolation.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

// A page that is about to reload into isolation must not be usable before: work would be lost.
if ((await ensureIsolation()) !== 'reloading') boot(root);
