import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext } from '@playwright/test';

/**
 * A proxy that stands for the whole world outside: the browser takes it for every address but this machine's own, whoever asks, page,
 * worker or service worker. It answers nothing; it writes down what was asked for.
 */
export interface Outside {
  readonly context: BrowserContext;
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Chromium itself asks its maker how to fill in the fields of any page that has some: not a request of the page's. */
const browsersOwn = 'CONNECT content-autofill.googleapis.com:443';

export async function watchOutside(
  browser: Browser,
  baseURL: string | undefined,
): Promise<Outside> {
  const asked: string[] = [];
  const note = (request: IncomingMessage): void => {
    const line = `${request.method} ${request.url}`;
    if (line !== browsersOwn) asked.push(line);
  };
  const server: Server = createServer((request, response) => {
    note(request);
    response.writeHead(204, { 'access-control-allow-origin': '*' }).end();
  });
  server.on('connect', (request, socket) => {
    note(request);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const context = await browser.newContext({
    // Without the bypass the test's browser would take the studio itself for the outside.
    proxy: { server: `http://127.0.0.1:${port}`, bypass: 'localhost' },
    ...(baseURL === undefined ? {} : { baseURL }),
    locale: 'en-US',
  });
  return {
    context,
    asked,
    async close() {
      await context.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
