import type { ProfileSource } from '../engine/index.ts';

/**
 * ONNX Runtime for the web prints its profile to the console. Emscripten keeps the console functions it finds when the module
 * starts, so they are replaced before the first session, and only redirected while a profile is taken (platform A8).
 */
const channels = ['log', 'info', 'warn', 'error', 'debug'] as const;

export function captureConsole(
  target: Pick<Console, (typeof channels)[number]> = console,
): ProfileSource {
  let kept: string[] | undefined;
  for (const channel of channels) {
    const original = target[channel].bind(target);
    target[channel] = (...words: unknown[]) => {
      if (kept === undefined) original(...words);
      else kept.push(words.map(String).join(' '));
    };
  }
  return {
    begin() {
      kept = [];
    },
    end() {
      const lines = kept ?? [];
      kept = undefined;
      return Promise.resolve(lines);
    },
  };
}
