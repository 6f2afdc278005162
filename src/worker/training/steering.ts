import { EngineError } from '../../engine/index.ts';
import type { TrainingCommand, TrainingNow } from '../protocol.ts';

/**
 * The buttons of a training: pause, go on, finish. The training asks at its gate before every step, and writes a checkpoint when the
 * gate does not open at once, so that whoever closes the tab during a pause loses nothing.
 */
export interface Steering {
  readonly state: TrainingNow['state'];
  command(command: TrainingCommand): void;
  gate(): Promise<'go-on' | 'finish'>;
  /** Time without the pauses, so that speed and time left stay true. */
  nowMs(): number;
}

export function createSteering(
  signal: AbortSignal,
  clockMs: () => number,
  changed: () => void,
): Steering {
  let state: TrainingNow['state'] = 'running';
  let heldMs = 0;
  let heldSinceMs: number | undefined;
  let release: (() => void) | undefined;

  const become = (next: TrainingNow['state']): void => {
    if (state === next) return;
    state = next;
    changed();
  };

  const hold = async (): Promise<void> => {
    heldSinceMs = clockMs();
    become('paused');
    try {
      await new Promise<void>((resolve, reject) => {
        release = resolve;
        signal.addEventListener('abort', () => reject(cancelled()), { once: true });
      });
    } finally {
      heldMs += clockMs() - heldSinceMs;
      heldSinceMs = undefined;
      release = undefined;
    }
  };

  const commands: Readonly<Record<TrainingCommand, () => void>> = {
    pause() {
      if (state !== 'running') return;
      become('pausing');
    },
    'go-on'() {
      if (state !== 'pausing' && state !== 'paused') return;
      become('running');
      release?.();
    },
    finish() {
      become('finishing');
      release?.();
    },
  };

  return {
    get state() {
      return state;
    },
    command: (command) => commands[command](),
    async gate() {
      if (signal.aborted) throw cancelled();
      if (state === 'pausing') await hold();
      if (state !== 'finishing') return 'go-on';
      // It ends what trains now; what follows in the recipe has a button of its own.
      become('running');
      return 'finish';
    },
    nowMs: () => (heldSinceMs ?? clockMs()) - heldMs,
  };
}

const cancelled = (): EngineError =>
  new EngineError('cancelled', { where: 'training', detail: 'cancelled' });
