import { writeFile } from 'node:fs/promises';
import { encode } from 'fast-png';
import type { Dataset } from '../../src/engine/data/index.ts';

const columns = 5;
const rows = 2;
const size = 28;

/** A 5 × 2 sheet of the first test image of every class, grey, one pixel a pixel. */
export async function writePicture(test: Dataset, file: string): Promise<void> {
  const sheet = new Uint8Array(columns * rows * size * size);
  for (let label = 0; label < columns * rows; label++) {
    const sample = await test.sample(test.labels?.indexOf(label) ?? -1);
    if (sample.kind !== 'pixels') throw new Error('the samples are not images');
    const [left, top] = [(label % columns) * size, Math.floor(label / columns) * size];
    for (let y = 0; y < size; y++)
      sheet.set(sample.data.subarray(y * size, (y + 1) * size), (top + y) * columns * size + left);
  }
  await writeFile(
    file,
    encode({ width: columns * size, height: rows * size, data: sheet, channels: 1, depth: 8 }),
  );
}
