import { createRng, permutation } from '../../core/index.ts';
import type { Feeds, Runtime, Session } from '../../runtime/index.ts';
import type {
  AugmentationSettings,
  CheckpointStore,
  LearningData,
  LearnSettings,
  TrainingHost,
  TrainingReport,
} from '../learning.ts';
import { imageBatches } from '../image-batches.ts';
import { barImages } from './tiny-task.ts';

/** What `learn` needs around it, made for tests: data, a host that remembers, a store in memory, a runtime that counts. */
export function barData(count: number, seed: number, labelled = true): LearningData {
  const set = barImages(count, seed);
  const source = imageBatches(set, 'image');
  return {
    name: 'bars',
    count,
    labels: labelled ? Int32Array.from(set.labels) : undefined,
    image: {
      input: 'image',
      layout: 'NCHW',
      height: 8,
      width: 8,
      channels: 1,
      black: [0],
    },
    batch: (indices) => Promise.resolve(source.batch(indices, createRng(0))),
  };
}

export const noAugmentation: AugmentationSettings = {
  shift: 0,
  flip: false,
  crop: 0,
  cutout: 0,
  cutoutChance: 0,
  mixup: 0,
};

export const quickSettings: LearnSettings = {
  epochs: 4,
  batchSize: 32,
  accumulate: 1,
  optimizer: { kind: 'sgd', learningRate: 0.2, momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
  schedule: 'cosine',
  warmup: 0.05,
  clipNorm: undefined,
  averageDecay: undefined,
  augmentation: noAugmentation,
  validationShare: 0.25,
  patience: undefined,
  batchNormalization: 'batch',
  seed: 7,
};

export interface RememberingHost extends TrainingHost {
  readonly reports: TrainingReport[];
}

/** Time moves by 1 s with every look at the clock. */
export function rememberingHost(changes: Partial<TrainingHost> = {}): RememberingHost {
  const reports: TrainingReport[] = [];
  let now = 0;
  return {
    clock: { nowMs: () => (now += 1000) },
    report: (report) => void reports.push(report),
    gate: () => Promise.resolve('go-on'),
    checkpoints: undefined,
    checkpointEveryMs: 0,
    ...changes,
    reports,
  };
}

export function memoryStore(): CheckpointStore & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    load: (key) => Promise.resolve(kept.get(key)),
    save: (key, bytes) => {
      kept.set(key, bytes);
      return Promise.resolve();
    },
    remove: (key) => {
      kept.delete(key);
      return Promise.resolve();
    },
  };
}

/** Counts sessions that are open. */
export function countingRuntime(runtime: Runtime): Runtime & { open(): number } {
  let open = 0;
  return {
    ...runtime,
    open: () => open,
    create: async (file, options): Promise<Session> => {
      const session = await runtime.create(file, options);
      open++;
      return {
        ...session,
        release: () => {
          open--;
          return session.release();
        },
      };
    },
  };
}

/**
 * Sequences in which every token is followed by one that a fixed rule names, as feeds of `tokens` int64 [n, 6]; labels are the followers, with
 * -1 at the last place of every second sequence.
 */
export function ruleData(count: number, vocabulary: number): LearningData {
  const follower = permutation(vocabulary, createRng(3));
  const int64 = (dims: readonly number[], values: readonly number[]) => ({
    dtype: 'int64' as const,
    dims,
    data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
  const tokensOf = (index: number): number[] => {
    const tokens = [index % vocabulary];
    while (tokens.length < 7) tokens.push(follower[tokens.at(-1) as number] as number);
    return tokens;
  };
  return {
    name: 'rule',
    count,
    labels: undefined,
    image: undefined,
    batch: (indices) => {
      const tokens = indices.map(tokensOf);
      const labels = tokens.flatMap((row, i) =>
        row.slice(1).map((token, place) => (place === 5 && i % 2 === 1 ? -1 : token)),
      );
      const inputs: Feeds = {
        tokens: int64(
          [indices.length, 6],
          tokens.flatMap((row) => row.slice(0, 6)),
        ),
      };
      return Promise.resolve({ inputs, labels: int64([indices.length, 6], labels) });
    },
  };
}
