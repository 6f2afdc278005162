import { expect, test as base } from '@playwright/test';

/**
 * The test function of every browser test. Whatever a test does, four things must not happen while
 * it runs: an uncaught error, an error on the console, a breach of the content security policy, a
 * request to another origin. A test that provokes one on purpose says so with `problems.expect`.
 */
export class Problems {
  readonly #seen: string[] = [];
  readonly #expected: RegExp[] = [];

  add(problem: string): void {
    this.#seen.push(problem);
  }

  /** The test provokes problems that match `pattern`; at least one must then occur. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  unexpected(): string[] {
    return this.#seen.filter((problem) => !this.#expected.some((pattern) => pattern.test(problem)));
  }

  missing(): RegExp[] {
    return this.#expected.filter((pattern) => !this.#seen.some((problem) => pattern.test(problem)));
  }
}

export const test = base.extend<{ problems: Problems }>({
  problems: [
    async ({ context, baseURL }, use) => {
      const problems = new Problems();
      context.on('weberror', (event) => problems.add(`uncaught: ${event.error().message}`));
      context.on('console', (message) => {
        if (message.type() === 'error') problems.add(`console: ${message.text()}`);
      });
      context.on('request', (request) => {
        const url = new URL(request.url());
        if (url.protocol.startsWith('http') && url.origin !== baseURL) {
          problems.add(`request: ${request.url()}`);
        }
      });
      await context.exposeBinding('reportViolation', (_source, text: string) => {
        problems.add(`policy: ${text}`);
      });
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          const report = Reflect.get(globalThis, 'reportViolation');
          report(`${event.effectiveDirective} ${event.blockedURI}`);
        });
      });
      await use(problems);
      expect(problems.unexpected(), 'problems seen while the test ran').toEqual([]);
      expect(problems.missing(), 'problems the test announced').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
