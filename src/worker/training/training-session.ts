import type { Recipe, TrainingHost } from '../../engine/index.ts';
import type { TrainingCommand, TrainingLog, TrainingNow, TrainingStepLog } from '../protocol.ts';
import { createSteering } from './steering.ts';
import { withReport } from './training-curves.ts';
import type { TrainingKey } from './training-keys.ts';
import type { TrainingPlace, TrainingStore } from './training-store.ts';

/**
 * One recipe being trained: what its steps report becomes curves, posted at most every `postEveryMs`, and kept with the checkpoints. One host
 * serves all its steps, one after another: whoever runs the recipe says which one begins.
 */
export interface TrainingSession {
  readonly host: TrainingHost;
  /** The training of this active step begins: from now on the host speaks for it, and the one before is done. */
  enter(active: number): Promise<void>;
  command(command: TrainingCommand): void;
  /** All steps have been carried out: notes them as finished. */
  finish(): Promise<TrainingLog>;
  /** Posts nothing any more. */
  end(): void;
}

export interface SessionOrder {
  readonly recipe: Recipe;
  readonly keys: readonly TrainingKey[];
  readonly store: TrainingStore;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly post: (training: TrainingNow) => void;
}

/** Fast enough for the eye, slow enough for the page. */
const postEveryMs = 200;
/** What a killed tab loses at most. */
const checkpointEveryMs = 10_000;

interface StepState {
  readonly key: TrainingKey;
  readonly place: TrainingPlace;
  log: TrainingStepLog;
}

export async function startTrainingSession(order: SessionOrder): Promise<TrainingSession> {
  const { store, keys, recipe, signal, nowMs } = order;
  const steps: StepState[] = [];
  for (const key of keys) {
    const place = await store.open(key.key);
    const { step } = key;
    const method = recipe.steps[step]?.method ?? '';
    const empty = { step, method, finished: false, student: undefined, control: undefined };
    const log = place.before?.log ?? empty;
    steps.push({ key, place, log: { ...log, step, method } });
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  let postedMs = -Infinity;
  let ended = false;

  const logNow = (): TrainingLog => ({ steps: steps.map(({ log }) => log) });
  const post = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (ended) return;
    postedMs = nowMs();
    const unsaved = steps.some(({ place }) => place.unsaved);
    order.post({ state: steering.state, log: logNow(), unsaved });
  };
  const postSoon = (): void => {
    const waitMs = postedMs + postEveryMs - nowMs();
    if (waitMs <= 0) post();
    else timer ??= setTimeout(post, waitMs);
  };
  const steering = createSteering(signal, nowMs, post);

  let current: StepState | undefined;
  /** Not every step is reported, but every step passes the gate. */
  let gatesSinceReport = 0;
  const now = (): StepState => {
    if (current === undefined) throw new Error('no training step has begun');
    return current;
  };
  const host: TrainingHost = {
    clock: { nowMs: () => steering.nowMs() },
    async gate() {
      const answer = await steering.gate();
      if (answer === 'finish' || hasCaughtUp(now().log, gatesSinceReport)) return 'finish';
      gatesSinceReport += 1;
      return answer;
    },
    report(report) {
      const step = now();
      gatesSinceReport = 0;
      const phase = step.log[report.run]?.report.phase;
      step.log = withReport(step.log, report);
      if (report.phase === phase) postSoon();
      else post();
    },
    checkpoints: {
      load: (key) => now().place.checkpoints.load(key),
      remove: (key) => now().place.checkpoints.remove(key),
      async save(key, bytes) {
        const step = now();
        step.log = { ...step.log, finished: false };
        await step.place.checkpoints.save(key, bytes);
        await step.place.note(step.log);
      },
    },
    checkpointEveryMs,
  };

  const markFinished = (step: StepState): Promise<void> => {
    step.log = { ...step.log, finished: true };
    return step.place.note(step.log);
  };

  return {
    host,
    async enter(active) {
      const before = current;
      current = steps.find(({ key }) => key.active === active);
      now();
      if (before !== undefined && before !== current) await markFinished(before);
    },
    command: (command) => steering.command(command),
    async finish() {
      for (const step of steps) await markFinished(step);
      return logNow();
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}

/** The student was ended by hand: what it is compared with learns for as many steps and no more, else the comparison would be none. */
function hasCaughtUp({ student, control }: TrainingStepLog, gatesSinceReport: number): boolean {
  const ended = student?.report;
  const moving = control?.report;
  return (
    ended?.phase === 'done' &&
    ended.step < ended.steps &&
    moving?.phase === 'training' &&
    moving.step + gatesSinceReport >= ended.step
  );
}
