import type { Value } from '../graph/index.ts';
import type { DType } from '../tensor/index.ts';

/**
 * The port to ONNX Runtime. Engine code is written against these interfaces; who implements them is decided outside:
 * `direct.ts` over an injected `onnxruntime-common` instance (in Node, and inside the browser's runtime worker), or a
 * proxy that speaks to that worker and can kill it. All calls of one Runtime are serialized (platform: overlapping
 * calls hang on WebGPU). Failures reject with EngineError (`runtime/*`, `cancelled`).
 */
export type BackendId = 'wasm' | 'webgpu' | 'native';

export interface Runtime {
  readonly backend: BackendId;
  readonly threads: number;
  /** True when the timer is coarse because the page is not cross-origin isolated. */
  readonly coarseClock: boolean;
  create(file: ModelFile, options?: SessionOptions): Promise<Session>;
  /** One profiled run: which kernels really ran, under which (fused) names, on which device. Never mixed with timing. */
  profile(file: ModelFile, feeds: Feeds, options?: SessionOptions): Promise<ProfiledNode[]>;
  /** Ends the runtime and gives its memory back (terminates the worker where there is one). */
  dispose(): Promise<void>;
}

/** An encoded model: the graph's bytes, and the external files it names. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly external?: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** How many nodes the graph has, where that is known: the watchdog allows for them. */
  readonly nodes?: number;
}

export interface SessionOptions {
  /** 'disabled' keeps every intermediate value observable. Default 'all'. */
  readonly optimization?: 'all' | 'disabled';
  /** `session.disable_quant_qdq`: folds weight-only DequantizeLinear at load (fast float), but stops int8 fusion. */
  readonly foldDequantize?: boolean;
  /** Outputs that will be carried from run to run (`Session.carry`): on WebGPU they stay in the GPU's memory. */
  readonly carried?: readonly string[];
  /** Names of nodes that WebGPU takes but cannot run: they run on the CPU, with copies around them. Ignored elsewhere. */
  readonly onCpu?: readonly string[];
  /** What the watchdog allows for this call. Default: from the size of the model. */
  readonly budgetMs?: number;
}

export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  /** Fixed sizes as numbers, symbolic ones as strings ('' when they have no name). [] may also mean that nothing is known. */
  readonly dims: readonly (number | string)[];
}

/** A tensor in or out of a session. `data` is packed little-endian like Tensor; strings as JS strings. */
export interface RuntimeTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: Uint8Array | readonly string[];
}

export type Feeds = Readonly<Record<string, RuntimeTensor>>;

export interface Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Wall time of session creation. */
  readonly createMs: number;
  /** Runs once; outputs are copies that the caller owns. */
  run(feeds: Feeds, fetches?: readonly string[]): Promise<Record<string, RuntimeTensor>>;
  /**
   * Runs whose outputs are inputs of the next run (training): what is carried stays with the runtime (in GPU buffers on WebGPU) and
   * crosses no worker border. One carried run at a time per session.
   */
  carry(loop: CarriedLoop): Promise<CarriedRun>;
  /**
   * Times runs inside the runtime's own thread: `samples` samples of `runsPerSample` runs each; the outputs are read, so that
   * GPU work is waited for. Returns ms per run, one number a sample.
   */
  time(feeds: Feeds, samples: number, runsPerSample: number): Promise<Float64Array>;
  release(): Promise<void>;
}

export interface CarriedLoop {
  /** The value of `output` after a step is fed as `input` in the next. */
  readonly pairs: readonly { readonly output: string; readonly input: string }[];
  /** What the first step is fed, by input name. */
  readonly initial: Feeds;
}

export interface CarriedRun {
  /** One step. `feeds`: every input that is not carried. Returns the outputs named, none of them carried. */
  step(feeds: Feeds, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>>;
  /** Copies of what is carried now, by input name. */
  read(): Promise<Feeds>;
  /** Replaces what is carried (a checkpoint restored). */
  write(state: Feeds): Promise<void>;
  release(): Promise<void>;
}

export interface ProfiledNode {
  /** Name of the node as ONNX Runtime ran it, after fusion. */
  readonly name: string;
  /** Operator as it ran: `QLinearConv`, `FusedConv`, `NhwcMaxPool` … */
  readonly opType: string;
  /** Execution provider that ran it: `CPUExecutionProvider`, `WebGpuExecutionProvider` … */
  readonly provider: string;
  readonly durationUs: number;
  readonly outputShapes: readonly (readonly number[])[];
}

/** Measured shapes: what ONNX Runtime really produced for one input (design, decision 2). Constants have theirs as well. */
export type ShapeMap = ReadonlyMap<Value, readonly number[]>;
