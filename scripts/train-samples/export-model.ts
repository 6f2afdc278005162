import { edit, type Model } from '../../src/engine/graph/index.ts';
import { foldBatchNorm } from '../../src/engine/passes/fold-batch-norm.ts';
import type { Architecture } from './architectures/architecture.ts';
import type { LabelledSplits } from './image-data.ts';

/**
 * What the trained network becomes as a file: BatchNormalization folded into the convolutions, no
 * value names of its past.
 */
export const folded = (trained: Model): Model => foldBatchNorm(trained);

/** The facts that travel in the file (`metadata_props`). */
export const withFacts = (
  model: Model,
  architecture: Architecture,
  data: LabelledSplits,
  testAccuracy: number,
): Model =>
  edit(model, (change) => {
    const facts = {
      name: architecture.name,
      description: architecture.description.en,
      classes: JSON.stringify(data.classes),
      preprocessing: JSON.stringify({
        layout: 'NCHW',
        size: [28, 28],
        resize: 'stretch',
        channels: 'GRAY',
        range: [0, 1],
        mean: [0],
        std: [1],
        classOffset: 0,
      }),
      test_accuracy: testAccuracy.toFixed(4),
      test_samples: String(data.test.labels.length),
      data_source: data.source,
      data_license: data.license,
      license: 'MIT',
      trained_by: `npm run train-samples -- --only ${architecture.name}`,
    };
    for (const [key, text] of Object.entries(facts)) change.setMetadata(key, text);
  });
