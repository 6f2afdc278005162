/** What the studio worker and the runtime worker say to each other: the Runtime port, call by call. */
import type {
  CarriedLoop,
  Feeds,
  ModelFile,
  PlainError,
  ProfiledNode,
  RuntimeTensor,
  SessionOptions,
  ValueInfo,
} from '../engine/index.ts';

export interface RuntimeCalls {
  create: {
    request: { file: ModelFile; options: SessionOptions | undefined };
    reply: {
      session: number;
      inputs: readonly ValueInfo[];
      outputs: readonly ValueInfo[];
      createMs: number;
    };
  };
  run: {
    request: { session: number; feeds: Feeds; fetches: readonly string[] | undefined };
    reply: Record<string, RuntimeTensor>;
  };
  time: {
    request: { session: number; feeds: Feeds; samples: number; runsPerSample: number };
    reply: Float64Array;
  };
  release: { request: { session: number }; reply: null };
  /** What is carried lives in the runtime worker; here it has a number. */
  carry: { request: { session: number; loop: CarriedLoop }; reply: { carried: number } };
  step: {
    request: { carried: number; feeds: Feeds; fetches: readonly string[] };
    reply: Record<string, RuntimeTensor>;
  };
  readCarried: { request: { carried: number }; reply: Feeds };
  writeCarried: { request: { carried: number; state: Feeds }; reply: null };
  endCarried: { request: { carried: number }; reply: null };
  profile: {
    request: { file: ModelFile; feeds: Feeds; options: SessionOptions | undefined };
    reply: ProfiledNode[];
  };
}
export type RuntimeCallName = keyof RuntimeCalls;

export type ToRuntime =
  | {
      readonly kind: 'start';
      readonly threads: number;
      readonly build: RuntimeBuild;
      readonly isolated: boolean;
    }
  | {
      [Name in RuntimeCallName]: {
        readonly kind: 'call';
        readonly id: number;
        readonly name: Name;
        readonly body: RuntimeCalls[Name]['request'];
      };
    }[RuntimeCallName];

export type FromRuntime =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reply'; readonly id: number; readonly body: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError }
  /** The watchdog's clock: work that may block the thread begins, and may take this long. */
  | {
      readonly kind: 'busy';
      readonly token: number;
      readonly label: string;
      readonly budgetMs: number;
    }
  | { readonly kind: 'idle'; readonly token: number };

/** Which build of onnxruntime-web runs (platform: never the default import). */
export type RuntimeBuild = 'wasm' | 'webgpu' | 'jspi';
