import type { TrainingHost, TrainingReport, ValidationPoint } from '../engine/index.ts';

/**
 * Training on the command line: nothing pauses it, nothing is kept of it, and where a person looks on, one line on standard error says
 * where it stands; each validation leaves a line of its own.
 */
export function terminalTrainingHost(shown: boolean = process.stderr.isTTY): TrainingHost {
  let last = '';
  let validated = '';
  const write = (text: string): void => void process.stderr.write(text);
  return {
    clock: { nowMs: () => performance.now() },
    gate: () => Promise.resolve('go-on'),
    checkpoints: undefined,
    checkpointEveryMs: Infinity,
    report(report) {
      if (!shown) return;
      const point = describeValidation(report);
      if (point !== undefined && point !== validated) {
        validated = point;
        write(`\r\u001b[2K${point}\n`);
      }
      const line = describeTraining(report);
      if (line === last) return;
      last = line;
      write(`\r\u001b[2K${line}`);
    },
  };
}

const phaseWords: Readonly<Record<TrainingReport['phase'], string>> = {
  preparing: 'preparing',
  'asking-teacher': 'asking the teacher',
  training: 'training',
  validating: 'validating',
  paused: 'paused',
  done: 'trained',
};

/** `training student, epoch 2 of 5, step 210 of 700: loss 0.4312, 1,240 samples/s, 12 s left`. */
export function describeTraining(report: TrainingReport): string {
  const { run, phase, epoch, epochs, step, steps, loss, samplesPerSecond, etaMs } = report;
  const facts = [
    loss === undefined ? undefined : `loss ${loss.toPrecision(4)}`,
    samplesPerSecond === undefined ? undefined : `${Math.round(samplesPerSecond)} samples/s`,
    etaMs === undefined || phase === 'done' ? undefined : `${timeLeft(etaMs)} left`,
  ].filter((fact) => fact !== undefined);
  const place = `${phaseWords[phase]} ${run}, epoch ${epoch} of ${epochs}, step ${step} of ${steps}`;
  return facts.length === 0 ? place : `${place}: ${facts.join(', ')}`;
}

function describeValidation({ run, validation, teacher }: TrainingReport): string | undefined {
  if (validation === undefined) return undefined;
  const own = `${run} after epoch ${validation.epoch}: ${valueOf(validation, validation.value)}`;
  return teacher === undefined ? own : `${own} (teacher ${valueOf(validation, teacher)})`;
}

function valueOf({ metric }: ValidationPoint, value: number): string {
  if (metric === 'sqnr') return `${value.toFixed(1)} dB`;
  if (metric === 'perplexity') return `perplexity ${value.toFixed(2)}`;
  return `${metric} ${(100 * value).toFixed(2)} %`;
}

function timeLeft(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
