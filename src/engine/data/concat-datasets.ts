import { mismatch } from './data-errors.ts';
import type { Dataset } from './dataset.ts';

/** Training part and test part of one source as one Dataset that knows where its test part begins. */
export function concatDatasets(name: string, train: Dataset, test: Dataset): Dataset {
  if (train.kind !== test.kind)
    throw mismatch(name, `training samples are ${train.kind}, test samples ${test.kind}`);
  if ((train.labels === undefined) !== (test.labels === undefined))
    throw mismatch(name, 'only one of the training and the test part has labels');
  const sameDims = JSON.stringify(train.sampleDims) === JSON.stringify(test.sampleDims);
  return {
    name,
    kind: train.kind,
    count: train.count + test.count,
    classes: train.classes,
    labels:
      train.labels === undefined || test.labels === undefined
        ? undefined
        : Int32Array.from([...train.labels, ...test.labels]),
    sampleDims: sameDims ? train.sampleDims : undefined,
    testFrom: train.count,
    sample: (index) =>
      index < train.count ? train.sample(index) : test.sample(index - train.count),
  };
}
