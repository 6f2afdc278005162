import { describe, expect, it } from 'vitest';
import { createDirectRuntime, type OrtInstance } from './direct.ts';
import type { BackendId, SessionOptions } from './port.ts';

/** What ONNX Runtime is asked for, seen from its side. */
async function askedFor(backend: BackendId, options: SessionOptions): Promise<unknown> {
  let asked: unknown;
  const ort = {
    InferenceSession: {
      create: (_bytes: Uint8Array, given: unknown) => {
        asked = given;
        return Promise.resolve({
          inputNames: [],
          outputNames: [],
          inputMetadata: [],
          outputMetadata: [],
        });
      },
    },
    env: { wasm: {} },
  } as unknown as OrtInstance;
  const runtime = createDirectRuntime({ ort, backend, threads: 1, clock: { nowMs: () => 0 } });
  await runtime.create({ bytes: new Uint8Array() }, options);
  return asked;
}

describe('options of a training session', () => {
  const options = { carried: ['w/next'], onCpu: ['pool'] };

  it('keep what is carried on the GPU, and what the GPU cannot run on the CPU', async () => {
    expect(await askedFor('webgpu', options)).toMatchObject({
      executionProviders: [{ name: 'webgpu', forceCpuNodeNames: ['pool'] }],
      preferredOutputLocation: { 'w/next': 'gpu-buffer' },
    });
  });

  it('mean nothing elsewhere', async () => {
    for (const [backend, name] of [
      ['wasm', 'wasm'],
      ['native', 'cpu'],
    ] as const) {
      const asked = await askedFor(backend, options);
      expect(asked).toMatchObject({ executionProviders: [name] });
      expect(asked).not.toHaveProperty('preferredOutputLocation');
    }
  });
});
