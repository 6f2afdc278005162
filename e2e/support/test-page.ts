import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import { test as base } from './test.ts';
import studioConfig from '../../vite.config.ts';

/**
 * A page of e2e/pages, for what only a browser can compute and no visitor of the studio ever asks
 * for. It is bundled as the studio is (same workers, same builds of ONNX Runtime), served with the
 * studio's headers from a free port, and never part of dist/.
 */
export const testOnPage = (name: string) =>
  base.extend<object, { pageUrl: string }>({
    pageUrl: [
      // Playwright reads from this parameter's pattern which fixtures it needs: none.
      // oxlint-disable-next-line no-empty-pattern
      async ({}, use, info) => {
        const root = fileURLToPath(new URL(`../pages/${name}`, import.meta.url));
        const outDir = path.join(info.project.outputDir, 'pages', name);
        const studio = studioConfig({ command: 'build', mode: 'production' });
        await build({
          configFile: false,
          root,
          base: './',
          publicDir: false,
          logLevel: 'warn',
          ...(studio.worker && { worker: studio.worker }),
          ...(studio.resolve && { resolve: studio.resolve }),
          build: { ...studio.build, outDir, emptyOutDir: true },
        });
        const server = await preview({
          configFile: false,
          root,
          logLevel: 'error',
          build: { outDir },
          preview: { ...studio.preview, port: 0, strictPort: false },
        });
        const [url] = server.resolvedUrls?.local ?? [];
        if (url === undefined) throw new Error(`the page ${name} is not served anywhere`);
        await use(url);
        await server.close();
      },
      { scope: 'worker', timeout: 60_000 },
    ],
    baseURL: ({ pageUrl }, provide) => provide(new URL(pageUrl).origin),
  });
