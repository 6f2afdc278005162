import { buildModel } from '../../../src/engine/graph/index.ts';
import { writeBytes } from '../../../src/engine/onnx/index.ts';
import { RuntimeProxy } from '../../../src/worker/runtime-proxy.ts';
import type { RuntimeBuild } from '../../../src/worker/runtime-protocol.ts';

/** The studio's own runtime workers, one of each build, kept until the page goes. */
const spawners: Record<RuntimeBuild, () => Worker> = {
  wasm: () =>
    new Worker(new URL('../../../src/worker/runtime.wasm.worker.ts', import.meta.url), {
      type: 'module',
    }),
  webgpu: () =>
    new Worker(new URL('../../../src/worker/runtime.webgpu.worker.ts', import.meta.url), {
      type: 'module',
    }),
  jspi: () =>
    new Worker(new URL('../../../src/worker/runtime.jspi.worker.ts', import.meta.url), {
      type: 'module',
    }),
};

/** The builds that compute on WebGPU. */
export type GpuBuild = Exclude<RuntimeBuild, 'wasm'>;

const started = new Map<RuntimeBuild, Promise<RuntimeProxy>>();

export function runtimeOf(build: RuntimeBuild): Promise<RuntimeProxy> {
  const known = started.get(build) ?? start(build);
  started.set(build, known);
  return known;
}

async function start(build: RuntimeBuild): Promise<RuntimeProxy> {
  const made = new RuntimeProxy({
    backend: build === 'wasm' ? 'wasm' : 'webgpu',
    build,
    threads: 1,
    isolated: globalThis.crossOriginIsolated,
    worker: spawners[build](),
    onDeath: () => undefined,
  });
  // ONNX Runtime gives the device back with the last session, and its compiled shaders with it;
  // one session that is never released keeps them for all the others.
  await made.create({ bytes: writeBytes(nothing) });
  return made;
}

const nothing = buildModel(18, (edit) => {
  const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1] });
  edit.addOutput(edit.op('Neg', [x]));
});
