import type { DeviceInfo } from '../protocol.ts';
import type { Handler } from '../studio.ts';

/** What this device offers. A WebGPU adapter that computes on the CPU is told apart: it is correct and slow. */
export const device: Handler<'device'> = async (_body, { workspace }) => {
  const found = await probe();
  workspace.device = found;
  return found;
};

async function probe(): Promise<DeviceInfo> {
  const isolated = self.crossOriginIsolated;
  const cores = navigator.hardwareConcurrency || 1;
  return {
    cores,
    isolated,
    maxThreads: isolated ? Math.max(1, Math.min(8, cores)) : 1,
    webgpu: await probeGpu(),
    jspi: 'Suspending' in WebAssembly,
  };
}

interface GpuLike {
  requestAdapter(): Promise<{
    readonly features: ReadonlySet<string>;
    readonly info?: {
      readonly vendor: string;
      readonly architecture: string;
      readonly isFallbackAdapter?: boolean;
    };
  } | null>;
}

const noGpu: DeviceInfo['webgpu'] = {
  available: false,
  adapter: '',
  software: false,
  float16: false,
};

async function probeGpu(): Promise<DeviceInfo['webgpu']> {
  const { gpu } = navigator as WorkerNavigator & { gpu?: GpuLike };
  try {
    const adapter = await gpu?.requestAdapter();
    if (!adapter) return noGpu;
    const { info } = adapter;
    return {
      available: true,
      adapter: info === undefined ? '' : [info.vendor, info.architecture].filter(Boolean).join(' '),
      software: (info?.isFallbackAdapter ?? false) || info?.architecture === 'swiftshader',
      float16: adapter.features.has('shader-f16'),
    };
  } catch {
    // A browser that names WebGPU but fails to ask for an adapter has none to offer; the page says it is absent.
    return noGpu;
  }
}
