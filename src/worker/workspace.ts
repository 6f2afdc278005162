import {
  EngineError,
  startReference,
  type Dataset,
  type Feeds,
  type GuessedPreprocess,
  type LatencyArm,
  type Model,
  type ModelFile,
  type ModelShelf,
  type ModelSummary,
  type Predicted,
  type Preprocess,
  type SessionOptions,
  type ShapeMap,
  type Split,
  type TokenPlan,
} from '../engine/index.ts';
import { createJobQueue, type JobQueue } from './jobs.ts';
import type { DeviceInfo, OpenedStudent, Settings } from './protocol.ts';
import { createRuntimePool, type RuntimePool } from './runtime-pool.ts';
import type { RuntimeProxy } from './runtime-proxy.ts';
import type { RuntimeBuild } from './runtime-protocol.ts';
import { databaseTables } from './training/database-tables.ts';
import type { TrainingSession } from './training/training-session.ts';
import { createTrainingStore, keptBytes, type TrainingStore } from './training/training-store.ts';
import { createVariantStore, type VariantStore } from './variants.ts';

/**
 * What the studio worker holds: one open model, one open dataset, the settings, the variants built so far, the runtime. Calls
 * (calls/*.ts) read and change it; each piece has one sentence of meaning.
 */
export interface Workspace {
  readonly jobs: JobQueue;
  readonly variants: VariantStore;
  readonly pool: RuntimePool;
  /** Checkpoints of trainings begun or finished in this browser. */
  readonly trainings: TrainingStore;
  /** The training that runs: one at most, since it is a job. */
  training: TrainingSession | undefined;
  /** The model as opened; throws a typed error when there is none. */
  model(): OpenModel;
  setModel(model: OpenModel): void;
  /** Models that steps name, beside the one that is open: students brought along. */
  readonly students: ModelShelf;
  setStudents(students: readonly OpenStudent[]): void;
  /** The data as opened, if any. */
  readonly data: OpenDataset | undefined;
  settings: Settings;
  device: DeviceInfo | undefined;
  /** True while the tab is hidden: latency samples taken then do not count. */
  readonly hidden: boolean;
  setHidden(hidden: boolean): void;
  /** The runtime for the present settings. */
  runtime(): RuntimeProxy;
  /** The original on the present runtime, started and run once: kept, since every comparison needs it. */
  reference(feeds: () => Promise<Feeds>): Promise<LatencyArm>;
  /** Ends the runtime worker between jobs, to give its memory back. */
  retireRuntime(): void;
  /** Data changed: what the reference was fed no longer fits. */
  setData(data: OpenDataset | undefined): void;
  /** Sizes of open dimensions changed. */
  forgetShapes(): void;
}

export interface OpenModel {
  readonly name: string;
  /** Fingerprint of its files. */
  readonly id: string;
  readonly model: Model;
  readonly summary: ModelSummary;
  readonly file: () => ModelFile;
  readonly sessionOptions: SessionOptions;
  /** Exact figures of the original: where plans start from. */
  start: Predicted;
  /** Sizes assumed for dynamic dimensions. */
  dims: Readonly<Record<string, number>>;
  /** Measured shapes; set by the first job that measures them. */
  shapes: ShapeMap | undefined;
}

/** A student brought along, and what steps call it. */
export interface OpenStudent extends OpenedStudent {
  readonly model: Model;
}

export interface OpenDataset {
  readonly name: string;
  readonly dataset: Dataset;
  readonly source: 'user' | 'sample';
  readonly guess: GuessedPreprocess;
  preprocess: Preprocess;
  readonly split: Split;
  /** Of text: how it becomes the model's inputs. */
  readonly tokens?: TokenPlan;
  /** Changes with the preprocessing: results under another key are not comparable. */
  key: string;
}

export interface WorkspaceHost {
  spawnRuntime(build: RuntimeBuild): Worker;
  onReplaced(reason: 'hung' | 'died'): void;
}

/** A run shorter than this is waited for when a job is cancelled; a longer one is killed with its worker. */
const graceMs = 120;

export function createWorkspace(host: WorkspaceHost): Workspace {
  let open: OpenModel | undefined;
  let hidden = false;
  let data: OpenDataset | undefined;
  let students: readonly OpenStudent[] = [];
  let reference: { generation: number; model: OpenModel; arm: Promise<LatencyArm> } | undefined;
  const dropReference = (): void => {
    const old = reference;
    reference = undefined;
    // A session whose worker is gone cannot be released and need not be.
    old?.arm.then(({ session }) => session.release()).catch(() => undefined);
  };

  const pool = createRuntimePool({
    spawn: (build) => host.spawnRuntime(build),
    isolated: self.crossOriginIsolated,
    device: () => workspace.device,
    onReplaced: (reason) => host.onReplaced(reason),
  });

  const killIfBlocked = (stillRunning: () => boolean): void => {
    const watched = pool.current;
    const done = watched?.callsDone;
    setTimeout(() => {
      const isBlocked = watched?.busy && watched.callsDone === done && watched === pool.current;
      if (isBlocked && stillRunning())
        pool.kill(
          new EngineError('cancelled', { where: 'the runtime worker', detail: 'cancelled' }),
        );
    }, graceMs);
  };

  const workspace: Workspace = {
    jobs: createJobQueue(killIfBlocked),
    variants: createVariantStore(),
    pool,
    trainings: createTrainingStore(databaseTables(), { bytes: keptBytes, nowMs: () => Date.now() }),
    training: undefined,
    get data() {
      return data;
    },
    settings: { backend: 'wasm', threads: 1, samples: 1000, dims: {} },
    device: undefined,
    get hidden() {
      return hidden;
    },
    setHidden(now) {
      hidden = now;
    },
    model() {
      if (open !== undefined) return open;
      const hint = 'Drop an .onnx file or pick a sample';
      throw new EngineError('argument/invalid', {
        where: 'model',
        detail: 'no model is open',
        hint,
      });
    },
    setModel(model) {
      workspace.jobs.cancelAll();
      workspace.variants.clear();
      pool.kill(
        new EngineError('cancelled', { where: 'model', detail: 'another model was opened' }),
      );
      open = model;
      students = [];
      data = undefined;
      reference = undefined;
    },
    students: ({ file, sha256 }) =>
      students.find((one) => (sha256 === undefined ? one.file === file : one.sha256 === sha256))
        ?.model,
    setStudents(opened) {
      students = opened;
    },
    runtime: () => pool.acquire(workspace.settings),
    reference(feeds) {
      const runtime = pool.acquire(workspace.settings);
      const model = workspace.model();
      if (reference?.generation !== pool.generation || reference.model !== model) {
        const arm = feeds().then((made) =>
          startReference(runtime, model.file(), made, model.sessionOptions),
        );
        reference = { generation: pool.generation, model, arm };
        arm.catch(() => {
          if (reference?.arm === arm) reference = undefined;
        });
      }
      return reference.arm;
    },
    retireRuntime() {
      reference = undefined;
      pool.kill(new EngineError('cancelled', { where: 'the runtime worker', detail: 'retired' }));
    },
    setData(next) {
      workspace.jobs.cancelAll();
      data = next;
      dropReference();
    },
    forgetShapes() {
      const model = workspace.model();
      model.shapes = undefined;
      // The multiply-accumulates were those of the old sizes.
      model.start = { params: model.summary.params };
      dropReference();
    },
  };
  return workspace;
}
