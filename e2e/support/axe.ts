import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

// The page's policy lets no script be added; evaluated text is not the page's own and may run.
const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Every violation that axe finds on the page as it stands, one line each: rule, impact, and where. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(source);
  const found = await page.evaluate(async (): Promise<AxeResults['violations']> => {
    const axe = Reflect.get(globalThis, 'axe') as typeof import('axe-core');
    return (await axe.run(document, { resultTypes: ['violations'] })).violations;
  });
  return found.map(
    ({ id, impact, nodes }) =>
      `${id} (${impact}): ${nodes.map((node) => node.target.join(' ')).join(' | ')}`,
  );
}
