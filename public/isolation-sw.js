// Cross-origin isolation for hosts that cannot send headers (most static hosts).
//
// WebAssembly threads need SharedArrayBuffer, which needs these headers on the page and on its
// workers. The same responses get the content security policy: workers take theirs from their own
// response, so a <meta> in the page would leave the network open to them. The build puts the policy
// in. Nothing is cached here. Registered by src/app/isolation.ts, only where the headers are absent.

const headersToAdd = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': '__CONTENT_SECURITY_POLICY__',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (new URL(request.url).origin !== self.location.origin) return;
  // A page that asks to stay without isolation (to test that case) is left as the host sent it.
  if (request.mode === 'navigate' && new URL(request.url).searchParams.get('isolation') === 'off')
    return;
  // Chromium's developer tools send this pair, which fetch() refuses.
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  event.respondWith(withHeaders(request));
});

async function withHeaders(request) {
  const response = await fetch(request);
  // Redirects and opaque responses carry status 0 and may not be rebuilt.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(headersToAdd)) headers.set(name, value);
  const empty = response.status === 204 || response.status === 205 || response.status === 304;
  return new Response(empty ? null : response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}
