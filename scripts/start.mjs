// @ts-check
// Builds the studio and serves it on http://localhost:4173 with the headers of vite.config.ts.

import { build, preview } from 'vite';

await build({ logLevel: 'warn' });
const server = await preview();
server.printUrls();
