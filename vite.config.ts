import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import {
  contentSecurityPolicy,
  developmentContentSecurityPolicy,
  metaContentSecurityPolicy,
  securityHeaders,
} from './scripts/security-headers.mjs';

/**
 * Puts the policy where a host without headers needs it: a <meta> for the page, and the text that
 * isolation-sw.js adds to every response (workers ignore the page's <meta>).
 */
function contentSecurityPolicyInBuild(): Plugin {
  let outDir = 'dist';
  return {
    name: 'content-security-policy-in-build',
    apply: 'build',
    configResolved(config) {
      outDir = path.resolve(config.root, config.build.outDir);
    },
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: metaContentSecurityPolicy },
        injectTo: 'head-prepend',
      },
    ],
    async closeBundle() {
      const file = path.join(outDir, 'isolation-sw.js');
      const placeholder = /(['"])__CONTENT_SECURITY_POLICY__\1/;
      const source = await readFile(file, 'utf8');
      if (!placeholder.test(source)) throw new Error(`${file} holds no ${placeholder}`);
      await writeFile(file, source.replace(placeholder, JSON.stringify(contentSecurityPolicy)));
    },
  };
}

export default defineConfig(({ mode }) => ({
  // Relative addresses: the studio works from any folder of a static host.
  base: './',
  plugins: [react(), tailwindcss(), contentSecurityPolicyInBuild()],
  worker: { format: 'es' },
  resolve: {
    // The bundled variant of onnxruntime-web starts its threads from the module that imported it,
    // which would be our own worker: with more than one thread, session creation then never ends.
    conditions: [
      'onnxruntime-web-use-extern-wasm',
      'module',
      'browser',
      mode === 'development' ? 'development' : 'production',
    ],
  },
  optimizeDeps: {
    // Discovered late, they would reload the page in the middle of the work.
    exclude: [
      'onnxruntime-web',
      'onnxruntime-web/wasm',
      'onnxruntime-web/webgpu',
      'onnxruntime-web/jspi',
    ],
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
    // Workers that carry the engine are larger than Vite's default warning; the budget that counts
    // is the initial script, held by size-limit.
    chunkSizeWarningLimit: 1000,
  },
  server: { headers: securityHeaders(developmentContentSecurityPolicy) },
  preview: {
    host: 'localhost',
    port: 4173,
    strictPort: true,
    headers: securityHeaders(contentSecurityPolicy),
  },
}));
