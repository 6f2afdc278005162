// @ts-check
// The policy the page and its workers run under, in one place: the servers send it, the built page
// carries it as a <meta>, and the service worker adds it on hosts that cannot send headers.
//
// Workers take their policy from their own response, never from the page, so the headers go on
// every response. Nothing may leave the machine: connect-src is 'self'.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Files of react-aria that inject one constant <style> each, and how many each must hold. */
const injectors = ['interactions/usePress.mjs', 'overlays/usePreventScroll.mjs'];

/**
 * sha256 sources of the style elements that react-aria injects, computed from the installed package
 * so that an update cannot leave a stale hash behind; an update that moves them fails here, in words.
 * @returns {string[]}
 */
function injectedStyleHashes() {
  const entry = createRequire(import.meta.url).resolve('react-aria/package.json');
  return injectors.map((file) => {
    const source = readFileSync(path.join(path.dirname(entry), 'dist/private', file), 'utf8');
    const template = /style\.textContent = `([^`]*)`\s*\.trim\(\)/.exec(source)?.[1];
    if (template === undefined)
      throw new Error(`react-aria/${file}: no style.textContent template found`);
    const text = template.replace(/\$\{(\$[\w$]+)\}/g, (_, name) => {
      const constant = source.match(
        new RegExp(`const ${name.replace(/\$/g, '\\$')} = '([^']*)'`),
      )?.[1];
      if (constant === undefined)
        throw new Error(`react-aria/${file}: ${name} is not a constant string`);
      return constant;
    });
    return `'sha256-${createHash('sha256').update(text.trim()).digest('base64')}'`;
  });
}

const directives = {
  'default-src': ["'none'"],
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  'style-src': ["'self'", ...injectedStyleHashes()],
  'img-src': ["'self'", 'data:', 'blob:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'worker-src': ["'self'"],
  'manifest-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** @param {Record<string, string[]>} policy */
const serialize = (policy) =>
  Object.entries(policy)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');

export const contentSecurityPolicy = serialize(directives);

const { 'frame-ancestors': _headerOnly, ...metaDirectives } = directives;
/** frame-ancestors has no meaning in a <meta>, and browsers complain about it. */
export const metaContentSecurityPolicy = serialize(metaDirectives);

/** Hot reload needs an inline preamble, injected styles and a socket; nothing else is relaxed. */
export const developmentContentSecurityPolicy = serialize({
  ...directives,
  'script-src': ["'self'", "'unsafe-inline'", "'wasm-unsafe-eval'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'connect-src': ["'self'", 'ws:'],
});

/** @param {string} policy */
export const securityHeaders = (policy) => ({
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
});
