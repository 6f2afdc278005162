import fs from 'node:fs';
import { createRequire } from 'node:module';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createDirectRuntime,
  EngineError,
  type OrtInstance,
  type ProfileSource,
  type Runtime,
  type WatchdogHost,
} from '../engine/index.ts';

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
  const host = backend === 'wasm' ? wasmHost(threads) : await nativeHost();
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
const wasmHosts = new Map<number, Host>();

function wasmHost(threads: number): Host {
  if (!Number.isInteger(threads) || threads < 1)
    throw new EngineError('argument/invalid', {
      where: 'threads',
      detail: `${threads} is not a number of threads`,
    });
  let host = wasmHosts.get(threads);
  if (host === undefined) {
    host = startWasm(threads);
    wasmHosts.set(threads, host);
  }
  return host;
}

function startWasm(threads: number): Host {
  for (const file of Object.keys(load.cache))
    if (/onnxruntime-(web|common)[\\/]/.test(file)) delete load.cache[file];
  const ort = load('onnxruntime-web') as OrtInstance;
  ort.env.wasm.numThreads = threads;
  return { ort, profileSource: printedSource() };
}

/** In Node the wasm module prints with `fs.writeSync`, looked up anew each time; so it is replaced while a profile is taken. */
function printedSource(): ProfileSource {
  const original = fs.writeSync;
  let printed: string[] = [];
  return {
    begin: () => {
      printed = [];
      fs.writeSync = ((...parts: Parameters<typeof fs.writeSync>): number => {
        const [descriptor, text] = parts;
        if (descriptor > 2 || typeof text !== 'string') return original(...parts);
        printed.push(text);
        return Buffer.byteLength(text);
      }) as typeof fs.writeSync;
    },
    end: () => {
      fs.writeSync = original;
      return Promise.resolve(printed.join('').split('\n'));
    },
  };
}

/** Installed beside the project's own packages, or by `npm run test:native` into `.native/`. */
function loadNative(): OrtInstance {
  try {
    return load('onnxruntime-node') as OrtInstance;
  } catch (error) {
    const here = path.dirname(fileURLToPath(import.meta.url));
    const onDemand = path.resolve(here, '../../.native/node_modules/onnxruntime-node');
    if (!fs.existsSync(onDemand)) throw error;
    return load(onDemand) as OrtInstance;
  }
}

async function nativeHost(): Promise<Host> {
  let ort: OrtInstance;
  try {
    ort = loadNative();
  } catch (error) {
    throw new EngineError('runtime/unavailable', {
      where: 'backend native',
      detail: `onnxruntime-node is not installed (${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown'})`,
      hint: 'npm run test:native installs it on demand, or: ONNXRUNTIME_NODE_INSTALL=skip npm install --no-save onnxruntime-node@1.30.0; or use --backend wasm',
    });
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'whittle-profile-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  return { ort, profileSource: fileSource(folder) };
}

/** onnxruntime-node writes `<prefix>_<time>.json` when profiling ends. */
function fileSource(folder: string): ProfileSource {
  const files = async (): Promise<string[]> =>
    (await readdir(folder)).map((name) => path.join(folder, name));
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
