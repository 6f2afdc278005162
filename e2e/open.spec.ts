import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encode } from 'fast-png';
import { openModelFile } from '../src/cli/open-files.ts';
import { joinParts, writeModel, type Part } from '../src/engine/index.ts';
import { predictions } from './support/command-line.ts';
import { writePictures } from './support/files.ts';
import {
  digitsFile,
  download,
  dropFiles,
  jobLine,
  measured,
  openSample,
  pruning,
  row,
} from './support/studio.ts';
import { expect, test } from './support/test.ts';

const recipe = { steps: [{ method: 'prune-weights', ratio: 0.3 }] };

test('a model and its data, dropped together anywhere on the page', async ({ page }, info) => {
  await page.goto('./');
  const data = writePictures(info.outputPath('bars.npz'), 200, 28);
  await dropFiles(page, digitsFile, data);
  await expect(page.getByTestId('model-facts')).toContainText('model.onnx');
  await expect(page.getByTestId('data-name')).toContainText('bars.npz');
  await measured(page);
  const said = await predictions(digitsFile, data, 1000);
  const right =
    said.labels?.filter((label, i) => label === said.topClasses[i * said.kept]).length ?? -1;
  const share = ((100 * right) / said.indices.length).toFixed(1);
  expect((await row(page, 'accuracy')).before).toBe(`${share}\u00a0%`);
});

test('a model by the file chooser, then data by another', async ({ page }, info) => {
  await page.goto('./');
  const choosing = page.waitForEvent('filechooser');
  await page.getByText('Choose files').click();
  await (await choosing).setFiles(digitsFile);
  await expect(page.getByTestId('data-name')).toHaveText('Synthetic inputs');
  await measured(page);
  await expect(page.getByTestId('figure-quality'), 'no labels: agreement').toContainText(
    'Agreement',
  );
  const choosingData = page.waitForEvent('filechooser');
  await page.getByText('Own data').click();
  await (await choosingData).setFiles(writePictures(info.outputPath('bars.npz'), 100, 28));
  await expect(page.getByTestId('data-name')).toContainText('bars.npz');
  await measured(page);
  await expect(page.getByTestId('figure-quality')).toContainText('Accuracy');
});

test('a folder of pictures, one subfolder per class', async ({ page }, info) => {
  const folder = info.outputPath('pictures');
  for (const name of ['ones', 'zeros'])
    for (let i = 0; i < 12; i++) {
      const data = new Uint8Array(28 * 28).fill(name === 'ones' ? 255 : i);
      mkdirSync(path.join(folder, name), { recursive: true });
      writeFileSync(
        path.join(folder, name, `${i}.png`),
        encode({ width: 28, height: 28, data, channels: 1 }),
      );
    }
  await openSample(page);
  await measured(page);
  await dropFiles(page, folder);
  await expect(page.getByTestId('data-name')).toContainText('24 labelled samples');
  await measured(page);
});

test('a recipe file: downloaded, dropped on another model', async ({ page }, info) => {
  await openSample(page, 'digits', recipe);
  await measured(page);
  await page.getByTestId('export').click();
  await expect(page.getByTestId('export-ready')).toBeVisible({ timeout: 30_000 });
  const { file, name } = await download(page, 'download-recipe');
  const copy = info.outputPath(name);
  writeFileSync(copy, readFileSync(file));
  expect(JSON.parse(readFileSync(copy, 'utf8'))).toMatchObject({ version: 1, ...recipe });
  await page.keyboard.press('Escape');
  await pruning(page).fill('0');
  await expect(page.getByTestId('card-prune-remove')).toHaveCount(0);
  await dropFiles(page, copy);
  await expect(pruning(page)).toHaveValue('0.3');
  await measured(page);
});

test('a broken file is refused in words, and the open model stays', async ({ page }, info) => {
  await openSample(page, 'digits', recipe);
  await measured(page);
  const whole = readFileSync(digitsFile);
  expect(whole[0], 'the file begins with its IR version').toBe(0x08);
  const broken = [
    { name: 'truncated.onnx', bytes: whole.subarray(0, whole.length / 2), code: 'onnx/truncated' },
    {
      name: 'page.onnx',
      bytes: Buffer.from('<!doctype html><html><body>404'),
      code: 'file/not-onnx',
    },
    { name: 'empty.onnx', bytes: Buffer.alloc(0), code: 'file/empty' },
    {
      name: 'newer.onnx',
      bytes: Buffer.concat([Buffer.from([0x08, 0xe7, 0x07]), whole.subarray(2)]),
      code: 'onnx/too-new',
    },
  ];
  for (const { name, bytes, code } of broken) {
    const file = info.outputPath(name);
    writeFileSync(file, bytes);
    await dropFiles(page, file);
    const notice = page.getByRole('alert').filter({ hasText: 'The file could not be opened.' });
    await expect(notice.getByTestId('failure'), name).toHaveAttribute('data-code', code);
    await expect(
      notice.getByTestId('failure').locator('p').first(),
      `${name}: in words`,
    ).not.toHaveText(code);
    await expect(page.getByTestId('model-facts'), `after ${name}`).toContainText('digits');
    await notice.getByRole('button', { name: 'Dismiss' }).click();
  }
  await measured(page);
  await expect(pruning(page)).toHaveValue('0.3');
  await pruning(page).fill('0.5');
  await measured(page);
  await expect(jobLine(page)).not.toHaveAttribute('data-state', 'failed');
});

test('a model whose weights lie in a second file asks for it by name', async ({ page }, info) => {
  const { parts, external } = writeModel(openModelFile(digitsFile).model, {
    external: { path: 'digits.weights', minBytes: 0 },
  });
  const save = (name: string, pieces: readonly Part[]): string => {
    const file = info.outputPath(name);
    writeFileSync(file, joinParts(pieces));
    return file;
  };
  const [weights] = external;
  const model = save('digits.onnx', parts);
  const data = save('digits.weights', weights?.parts ?? []);
  await page.goto('./');
  await dropFiles(page, model);
  await expect(page.getByTestId('missing-files')).toContainText('digits.weights');
  await dropFiles(page, data);
  await expect(page.getByTestId('model-facts')).toContainText('digits.onnx');
  await measured(page);
});
