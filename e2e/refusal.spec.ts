import { writeLoopingModel } from './support/files.ts';
import { dropFiles, jobLine, measured, pruning } from './support/studio.ts';
import { expect, test } from './support/test.ts';

test('a step that cannot be done says why on its card; taken back, all goes on', async ({
  page,
}, info) => {
  await page.goto('./');
  await dropFiles(page, writeLoopingModel(info.outputPath('weightless.onnx')));
  await measured(page);
  await pruning(page).fill('0.3');
  const refused = page.getByTestId('step-refused');
  await expect(refused.getByTestId('failure')).toHaveAttribute('data-code', 'method/refused');
  await expect(refused).toContainText('This step cannot be done to this model');
  await expect(jobLine(page)).toContainText(/refuses this model|cannot be done/);
  await expect(page.getByTestId('export')).toBeDisabled();
  await page.getByTestId('undo').click();
  await expect(refused).toHaveCount(0);
  await expect(page.getByTestId('export')).toBeEnabled();
  await measured(page);
});
