import { startStudio } from './studio.ts';
import type { RuntimeBuild } from './runtime-protocol.ts';

/** One module per build of ONNX Runtime, loaded only when it is used. */
const spawners: Record<RuntimeBuild, () => Worker> = {
  wasm: () =>
    new Worker(new URL('./runtime.wasm.worker.ts', import.meta.url), {
      type: 'module',
      name: 'whittle-runtime',
    }),
  webgpu: () =>
    new Worker(new URL('./runtime.webgpu.worker.ts', import.meta.url), {
      type: 'module',
      name: 'whittle-runtime',
    }),
  jspi: () =>
    new Worker(new URL('./runtime.jspi.worker.ts', import.meta.url), {
      type: 'module',
      name: 'whittle-runtime',
    }),
};

startStudio(self, (build) => spawners[build]());
