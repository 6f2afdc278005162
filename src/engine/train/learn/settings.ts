import { EngineError } from '../../core/index.ts';
import type { LearnSettings } from '../learning.ts';
import { adamw } from '../optimizers/adamw.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { sgd } from '../optimizers/sgd.ts';
import { constantSchedule, cosineSchedule, stepSchedule, type Schedule } from '../schedule.ts';

export function optimizerOf({ optimizer }: LearnSettings): Optimizer {
  const { weightDecay } = optimizer;
  if (optimizer.kind === 'adamw') return adamw({ weightDecay });
  const { momentum, nesterov } = optimizer;
  return sgd({ momentum, nesterov, weightDecay });
}

export function scheduleOf(settings: LearnSettings, steps: number): Schedule {
  const peak = settings.optimizer.learningRate;
  const warmup = Math.round(settings.warmup * steps);
  if (settings.schedule === 'cosine') return cosineSchedule({ peak, steps, warmup, floor: 0 });
  if (settings.schedule === 'step') return stepSchedule({ peak, steps, warmup });
  return constantSchedule({ peak, warmup });
}

/** How an epoch is cut into runs. */
export interface Pace {
  /** Samples per run. */
  readonly batchSize: number;
  /** Runs per step. */
  readonly accumulate: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
}

/**
 * A model whose batch is fixed is run in such batches, and as many of them are accumulated as make up the batch asked for. Fewer samples
 * than a batch are one batch. What does not fill a step at the end of an epoch is left out and comes by in others. Throws `data/empty`.
 */
export function paceOf(settings: LearnSettings, samples: number, fixed: number | undefined): Pace {
  const batchSize = fixed ?? Math.min(settings.batchSize, samples);
  const runs = Math.floor(samples / Math.max(1, batchSize));
  if (runs === 0)
    throw new EngineError('data/empty', {
      where: 'training data',
      detail: `${samples} samples do not fill one batch of ${batchSize}`,
    });
  const wanted = settings.accumulate * Math.max(1, Math.round(settings.batchSize / batchSize));
  const accumulate = Math.min(fixed === undefined ? settings.accumulate : wanted, runs);
  const stepsPerEpoch = Math.floor(runs / accumulate);
  return { batchSize, accumulate, stepsPerEpoch, steps: stepsPerEpoch * settings.epochs };
}
