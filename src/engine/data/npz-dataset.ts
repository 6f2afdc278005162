import type { ByteSource } from '../core/index.ts';
import { concatDatasets } from './concat-datasets.ts';
import { unsupported } from './data-errors.ts';
import type { Dataset } from './dataset.ts';
import { entrySource } from './entry-source.ts';
import { npyDataset } from './npy-dataset.ts';
import { readZipDirectory } from './zip-directory.ts';

/**
 * NumPy's `.npz`: a zip of `.npy` arrays. Read are `x` (and `y`), under the names people give them, or Keras's four arrays
 * `x_train`, `y_train`, `x_test`, `y_test`, whose test part then stays the test part. An archive with a single array is `x` alone.
 */
const sampleNames = ['x', 'X', 'images', 'data', 'inputs'];
const labelNames = ['y', 'Y', 'labels', 'targets', 'label'];

export function npzDataset(name: string, source: ByteSource): Dataset {
  const arrays = new Map<string, ByteSource>();
  for (const entry of readZipDirectory(source))
    if (entry.name.endsWith('.npy'))
      arrays.set(entry.name.slice(0, -4), entrySource(source, entry));
  const [trainX, trainY, testX, testY] = ['x_train', 'y_train', 'x_test', 'y_test'].map((key) =>
    arrays.get(key),
  );
  if (trainX !== undefined && testX !== undefined)
    return concatDatasets(name, npyDataset(name, trainX, trainY), npyDataset(name, testX, testY));
  const x =
    pick(arrays, sampleNames) ?? testX ?? (arrays.size === 1 ? [...arrays.values()][0] : undefined);
  if (x === undefined)
    throw unsupported(
      source.name,
      `no array "x" among ${[...arrays.keys()].slice(0, 10).join(', ') || 'its entries'}`,
      'Name the samples x and the labels y: numpy.savez(file, x=…, y=…)',
    );
  return npyDataset(name, x, pick(arrays, labelNames) ?? (x === testX ? testY : undefined));
}

function pick(
  arrays: ReadonlyMap<string, ByteSource>,
  names: readonly string[],
): ByteSource | undefined {
  const found = names.find((name) => arrays.has(name));
  return found === undefined ? undefined : arrays.get(found);
}
