import { EngineError } from '../engine/index.ts';
import type { DeviceInfo, Settings } from './protocol.ts';
import { RuntimeProxy } from './runtime-proxy.ts';
import type { RuntimeBuild } from './runtime-protocol.ts';

/**
 * The one runtime worker in use. Another backend or thread count, a cancelled run, a hang or a death all mean: terminate it and make
 * another when it is next asked for. Only termination gives wasm memory back (platform A6), so a worker that has
 * loaded much is retired as well.
 */
export interface RuntimePool {
  /** The runtime for these settings; started when there is none. */
  acquire(settings: Settings): RuntimeProxy;
  /** Ends the present worker, if any; pending calls fail with `reason`. */
  kill(reason: EngineError): void;
  /** Generation: changes whenever sessions made before are gone. */
  readonly generation: number;
  readonly current: RuntimeProxy | undefined;
}

export interface PoolHost {
  spawn(build: RuntimeBuild): Worker;
  readonly isolated: boolean;
  device(): DeviceInfo | undefined;
  onReplaced(reason: 'hung' | 'died'): void;
}

export function createRuntimePool(host: PoolHost): RuntimePool {
  let current: RuntimeProxy | undefined;
  let key = '';
  let generation = 0;
  const drop = (reason: EngineError): void => {
    if (current === undefined) return;
    current.kill(reason);
    current = undefined;
    generation++;
  };
  return {
    acquire(settings) {
      const build = buildFor(settings, host.device());
      const threads = host.isolated ? settings.threads : 1;
      const wanted = `${build}/${threads}`;
      if (current?.alive && key === wanted) return current;
      drop(
        new EngineError('cancelled', {
          where: 'the runtime worker',
          detail: 'replaced by other settings',
        }),
      );
      key = wanted;
      current = new RuntimeProxy({
        backend: build === 'wasm' ? 'wasm' : 'webgpu',
        build,
        threads,
        isolated: host.isolated,
        worker: host.spawn(build),
        onDeath(reason) {
          current = undefined;
          generation++;
          host.onReplaced(reason);
        },
      });
      return current;
    },
    kill: drop,
    get generation() {
      return generation;
    },
    get current() {
      return current;
    },
  };
}

function buildFor(settings: Settings, device: DeviceInfo | undefined): RuntimeBuild {
  if (settings.backend === 'wasm') return 'wasm';
  if (settings.backend === 'webgpu' && device?.webgpu.available)
    return device.jspi ? 'jspi' : 'webgpu';
  throw new EngineError('runtime/unavailable', {
    where: settings.backend,
    detail:
      settings.backend === 'webgpu'
        ? 'this browser gives no WebGPU adapter'
        : 'only the command line has it',
    hint: 'Choose WASM',
  });
}
