import { createRequire } from 'node:module';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EngineError } from '../engine/core/index.ts';
import { createDirectRuntime, type OrtInstance, type ProfileSource, type Runtime, type WatchdogHost } from '../engine/runtime/index.ts';

/**
 * ONNX Runtime in Node: onnxruntime-web's wasm build (its `node` entry, with threads), or onnxruntime-node where it is
 * installed. The packages are loaded with `require`: a bundler's conditions (vitest takes Vite's, which ask for the browser
 * build) do not reach it, and clearing its cache gives each number of threads a wasm instance of its own, since the
 * number is fixed when an instance starts (platform A2).
 */
export async function createNodeRuntime(
  backend: 'wasm' | 'native',
  threads: number,
  watchdog?: WatchdogHost,
): Promise<Runtime> {
  const host = backend === 'wasm' ? await wasmHost(threads) : await nativeHost();
  return createDirectRuntime({
    ...host,
    backend,
    threads,
    clock: { nowMs: () => performance.now() },
    ...(watchdog === undefined ? {} : { watchdog }),
  });
}

/** A runtime for the length of `work`: WASM with one thread unless said otherwise. The wasm instance is shared within the process. */
export async function withNodeRuntime<T>(
  work: (runtime: Runtime) => Promise<T>,
  backend: 'wasm' | 'native' = 'wasm',
  threads = 1,
): Promise<T> {
  const runtime = await createNodeRuntime(backend, threads);
  try {
    return await work(runtime);
  } finally {
    await runtime.dispose();
  }
}

interface Host {
  readonly ort: OrtInstance;
  readonly profileSource: ProfileSource;
}

const load = createRequire(import.meta.url);
const wasmHosts = new Map<number, Promise<Host>>();

function wasmHost(threads: number): Promise<Host> {
  if (!Number.isInteger(threads) || threads < 1)
    throw new EngineError('argument/invalid', { where: 'threads', detail: `${threads} is not a number of threads` });
  let host = wasmHosts.get(threads);
  if (host === undefined) {
    host = startWasm(threads);
    wasmHosts.set(threads, host);
  }
  return host;
}

async function startWasm(threads: number): Promise<Host> {
  for (const file of Object.keys(load.cache)) if (/onnxruntime-(web|common)[\\/]/.test(file)) delete load.cache[file];
  const ort = load('onnxruntime-web') as OrtInstance;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  const restore = replaceConsole();
  try {
    // Starts the wasm module while the console is ours; the byte itself is refused, as it is no model.
    await ort.InferenceSession.create(new Uint8Array(1)).catch(() => undefined);
  } finally {
    restore();
  }
  return { ort, profileSource: consoleSource };
}

let captured: string[] | undefined;

/** Emscripten binds the console functions it finds at its start; the ones put there here stay bound to it. */
function replaceConsole(): () => void {
  const { log, warn, error } = console;
  const tee =
    (original: (...parts: unknown[]) => void) =>
    (...parts: unknown[]): void => {
      if (captured === undefined) original.apply(console, parts);
      else captured.push(...parts.map(String));
    };
  console.log = tee(log);
  console.warn = tee(warn);
  console.error = tee(error);
  return () => {
    console.log = log;
    console.warn = warn;
    console.error = error;
  };
}

const consoleSource: ProfileSource = {
  begin: () => {
    captured = [];
  },
  end: () => {
    const lines = (captured ?? []).flatMap((text) => text.split('\n'));
    captured = undefined;
    return Promise.resolve(lines);
  },
};

async function nativeHost(): Promise<Host> {
  let ort: OrtInstance;
  try {
    ort = load('onnxruntime-node') as OrtInstance;
  } catch (error) {
    throw new EngineError('runtime/unavailable', {
      where: 'backend native',
      detail: `onnxruntime-node is not installed (${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown'})`,
      hint: 'npm run test:native installs it on demand, or: ONNXRUNTIME_NODE_INSTALL=skip npm install --no-save onnxruntime-node@1.30.0; or use --backend wasm',
    });
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'whittle-profile-'));
  process.once('exit', () => void rm(folder, { recursive: true, force: true }));
  return { ort, profileSource: fileSource(folder) };
}

/** onnxruntime-node writes `<prefix>_<time>.json` when profiling ends. */
function fileSource(folder: string): ProfileSource {
  const files = async (): Promise<string[]> => (await readdir(folder)).map((name) => path.join(folder, name));
  return {
    sessionOptions: { profileFilePrefix: path.join(folder, 'profile') },
    begin: () => undefined,
    end: async () => {
      const lines: string[] = [];
      for (const file of await files()) {
        lines.push(...(await readFile(file, 'utf8')).split('\n'));
        await rm(file);
      }
      return lines;
    },
  };
}
