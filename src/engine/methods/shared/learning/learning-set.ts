import { EngineError } from '../../../core/index.ts';
import type { Feeds, RuntimeTensor } from '../../../runtime/index.ts';
import { float32Tensor, makeTensor, tensorBytes, toFloat32 } from '../../../tensor/index.ts';
import type { LearningData } from '../../../train/index.ts';
import type { ApplyContext, Learning } from '../../method.ts';

/** What a step that trains cannot do without; typed refusals say what is missing and what to do. */
export interface Classroom {
  readonly learning: Learning;
  readonly data: LearningData;
  readonly runtime: NonNullable<ApplyContext['runtime']>;
}

export function requireClassroom(
  where: string,
  { learning, runtime }: ApplyContext,
  samples: number,
): Classroom {
  const refuse = (detail: string, hint: string): EngineError =>
    new EngineError('method/refused', { where, detail, hint });
  if (learning === undefined || runtime === undefined)
    throw refuse(
      'nothing can be trained here',
      'Run the recipe in the studio or with "whittle run"',
    );
  if (learning.data === undefined)
    throw refuse(
      'there is no data to learn from',
      'Open some files like those the model is for; labels are not needed',
    );
  if (learning.data.count === 0)
    throw refuse(
      `no sample of "${learning.data.name}" is left to learn from: all of them measure`,
      'Open more files',
    );
  return { learning, runtime, data: inFloat32(firstSamples(learning.data, samples)) };
}

/** The first samples of the order, which has each class in its share. */
function firstSamples(data: LearningData, count: number): LearningData {
  if (count >= data.count) return data;
  return {
    name: data.name,
    count,
    labels: data.labels?.subarray(0, count),
    image: data.image,
    batch: (indices) => data.batch(indices),
  };
}

/** Models are trained in float32; where they take float16 their samples are widened. */
const inFloat32 = (data: LearningData): LearningData => ({
  ...data,
  async batch(indices) {
    const batch = await data.batch(indices);
    const inputs: Feeds = Object.fromEntries(
      Object.entries(batch.inputs).map(([name, tensor]) => [name, widened(tensor)]),
    );
    return { ...batch, inputs };
  },
});

function widened(tensor: RuntimeTensor): RuntimeTensor {
  if (tensor.dtype !== 'float16' || !(tensor.data instanceof Uint8Array)) return tensor;
  const { dims } = tensor;
  const values = toFloat32(makeTensor('float16', dims, new Uint8Array(tensor.data)));
  return { dtype: 'float32', dims, data: tensorBytes(float32Tensor(dims, values)) };
}
