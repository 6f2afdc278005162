import { jaxTrainer } from './train/jax.ts';
import { ownTrainer } from './train/own-engine.ts';
import { type Trainer, trainingTask } from './train/task.ts';
import { tensorflowTrainer } from './train/tensorflow.ts';

/**
 * Time of one training step on the CNN of the design, one thread everywhere but in the second line, all engines in turn in the same process and run. Every engine starts from the
 * same weights and sees the same batch, so that their losses must agree: printed, and checked. Two times: that of the clock, of the middle round, and that of
 * the processor, of the quickest round. They are one where the machine does nothing else; elsewhere the second leaves out what others took.
 */
export async function train(): Promise<void> {
  const task = trainingTask();
  const trainers: Trainer[] = [];
  for (const open of [
    () => ownTrainer(task, 'wasm'),
    () => ownTrainer(task, 'wasm', 2),
    () => ownTrainer(task, 'native').catch(notInstalled),
    () => tensorflowTrainer(task),
    () => jaxTrainer(task),
  ]) {
    const made = await open();
    if (typeof made === 'string') console.log(`  not measured: ${made}`);
    else trainers.push(made);
  }
  const losses = new Map<Trainer, number[]>();
  for (const trainer of trainers) {
    const first: number[] = [];
    for (let i = 0; i < 3; i++) first.push(await trainer.step());
    losses.set(trainer, first);
  }
  const times = await inTurn(trainers);
  const summary = (trainer: Trainer): Times => {
    const rounds = times.get(trainer) ?? [];
    return {
      wallMs: median(rounds.map((round) => round.wallMs)),
      cpuMs: Math.min(...rounds.map((round) => round.cpuMs)),
    };
  };
  const own = summary(trainers[0] as Trainer);
  for (const trainer of trainers) {
    const { wallMs, cpuMs } = summary(trainer);
    const compared = (value: number, unit: number): string =>
      trainer === trainers[0] ? '' : ` = ${(value / unit).toFixed(2)} × the first`;
    const seen = (losses.get(trainer) ?? []).map((loss) => loss.toFixed(4)).join(', ');
    console.log(
      `  ${trainer.name.padEnd(28)} ${wallMs.toFixed(2).padStart(8)} ms${compared(wallMs, own.wallMs)};` +
        ` processor ${cpuMs.toFixed(2)} ms${compared(cpuMs, own.cpuMs)}  (losses ${seen})`,
    );
    const differs = (losses.get(trainer) ?? []).some(
      (loss, i) => !(Math.abs(loss - (losses.get(trainers[0] as Trainer)?.[i] ?? NaN)) < 1e-2),
    );
    if (differs) console.log('    its losses differ: this is not the same work');
  }
  for (const trainer of trainers) await trainer.release();
}

const notInstalled = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

interface Times {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const rounds = 9;
/** A round of one engine lasts at least this long, or one step. */
const roundMs = 300;

/** Rounds in turn, so that drift of the machine falls on all. ms per step. */
async function inTurn(trainers: readonly Trainer[]): Promise<ReadonlyMap<Trainer, Times[]>> {
  const times = new Map(trainers.map((trainer) => [trainer, [] as Times[]]));
  for (let round = 0; round < rounds; round++)
    for (const trainer of trainers) {
      const start = performance.now();
      const before = process.cpuUsage();
      let steps = 0;
      while (steps === 0 || performance.now() - start < roundMs) {
        await trainer.step();
        steps++;
      }
      const { user, system } = process.cpuUsage(before);
      times.get(trainer)?.push({
        wallMs: (performance.now() - start) / steps,
        cpuMs: (user + system) / 1000 / steps,
      });
    }
  return times;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
