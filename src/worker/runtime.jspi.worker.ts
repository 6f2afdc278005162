import * as ort from 'onnxruntime-web/jspi';
import mjsUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import { startRuntimeHost } from './runtime-host.ts';

startRuntimeHost(self, (threads) => {
  ort.env.wasm.wasmPaths = {
    mjs: new URL(mjsUrl, self.location.href).href,
    wasm: new URL(wasmUrl, self.location.href).href,
  };
  ort.env.wasm.numThreads = threads;
  return { ort, build: 'jspi' };
});
