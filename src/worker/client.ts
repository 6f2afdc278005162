import type { Progress } from '../engine/index.ts';
import type { CallName, Calls, Evaluation, GeneratedTexts, TrainingNow } from './protocol.ts';

/** The page's side of the worker. Rejections are EngineErrors. Aborting answers at once; the worker is told or replaced. */
export interface StudioClient {
  call<Name extends CallName>(
    name: Name,
    body: Calls[Name]['request'],
    options?: CallOptions,
  ): Promise<Calls[Name]['reply']>;
  /** Called when a worker was replaced: the page says so. The model and data are already open again. */
  onReplaced(listener: (reason: ReplacedReason) => void): () => void;
  dispose(): void;
}

export type ReplacedReason = 'hung' | 'died' | 'out-of-memory';

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Partial results of `evaluate`. */
  readonly onPartial?: (evaluation: Evaluation) => void;
  /** Where a `train` call stands. */
  readonly onTraining?: (training: TrainingNow) => void;
  /** The texts of a `generate` call so far. */
  readonly onGenerated?: (generated: GeneratedTexts) => void;
}
