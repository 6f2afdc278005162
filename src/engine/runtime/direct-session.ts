import type {
  InferenceSession as OrtInferenceSession,
  Tensor as OrtTensor,
} from 'onnxruntime-common';
import { EngineError, type Clock } from '../core/index.ts';
import { createCarriedRun } from './carried-run.ts';
import type { Fifo } from './fifo.ts';
import { mapOrtError } from './ort-errors.ts';
import { fromOrtTensor, toOrtTensor, type TensorConstructor } from './ort-tensors.ts';
import type { CarriedLoop, CarriedRun, Feeds, RuntimeTensor, Session, ValueInfo } from './port.ts';
import { runBudgetMs, withWatchdog, type WatchdogHost } from './watchdog.ts';

export type OrtSession = OrtInferenceSession;

/** What a session is made of: ONNX Runtime's own, and what it needs from the runtime it belongs to. */
export interface SessionParts {
  readonly inner: OrtSession;
  readonly createMs: number;
  readonly Tensor: TensorConstructor;
  readonly clock: Clock;
  readonly watchdog: WatchdogHost;
  readonly fifo: Fifo;
}

/** Errors are thrown, not printed. */
const quiet: OrtInferenceSession.RunOptions = { logSeverityLevel: 4 };

type OrtFeeds = Record<string, OrtTensor>;

export function createSession(parts: SessionParts, forget: () => void): Session {
  const { inner, clock, fifo } = parts;
  const inputs = inner.inputMetadata.flatMap(valueInfo);
  const outputs = inner.outputMetadata.flatMap(valueInfo);
  const outputNames = outputs.map((output) => output.name);
  let released = false;
  let carrying = false;
  let slowestRunMs: number | undefined;

  const prepare = (feeds: Feeds, wanted: readonly string[] = inner.inputNames): OrtFeeds => {
    if (released)
      throw new EngineError('runtime/dead', {
        where: 'session',
        detail: 'the session was released',
      });
    checkFeeds(
      inputs.filter((input) => wanted.includes(input.name)),
      wanted,
      feeds,
    );
    const made: OrtFeeds = {};
    for (const [name, tensor] of Object.entries(feeds))
      made[name] = toOrtTensor(name, tensor, parts.Tensor);
    return made;
  };

  /** Runs under the watchdog; remembers how long one run may take. `work` answers with the milliseconds of its slowest run. */
  const guarded = async (
    label: string,
    runs: number,
    work: () => Promise<number>,
  ): Promise<void> => {
    try {
      const slowest = await withWatchdog(
        label,
        runBudgetMs(runs, slowestRunMs),
        work,
        parts.watchdog,
      );
      slowestRunMs = Math.max(slowestRunMs ?? 0, slowest);
    } catch (error) {
      throw mapOrtError(error, 'runtime/run-failed', label);
    }
  };

  const run = (feeds: Feeds, fetches?: readonly string[]): Promise<Record<string, RuntimeTensor>> =>
    fifo(async () => {
      const tensors = prepare(feeds);
      const names = fetches ?? outputNames;
      checkFetches(inner.outputNames, names);
      const result: Record<string, RuntimeTensor> = {};
      await guarded('run', 1, async () => {
        const start = clock.nowMs();
        const raw = await inner.run(tensors, names, quiet);
        for (const [name, tensor] of Object.entries(raw))
          result[name] = await fromOrtTensor(tensor);
        return clock.nowMs() - start;
      });
      return result;
    });

  const time = (feeds: Feeds, samples: number, runsPerSample: number): Promise<Float64Array> =>
    fifo(async () => {
      const tensors = prepare(feeds);
      const perRunMs = new Float64Array(samples);
      await guarded('time', samples * runsPerSample, async () => {
        for (let i = 0; i < samples; i++) {
          const start = clock.nowMs();
          for (let k = 0; k < runsPerSample; k++)
            await readAll(await inner.run(tensors, outputNames, quiet));
          perRunMs[i] = (clock.nowMs() - start) / runsPerSample;
        }
        return perRunMs.reduce((slowest, ms) => Math.max(slowest, ms), 0);
      });
      return perRunMs;
    });

  const exclusive = <T>(label: string, work: () => Promise<T>): Promise<T> =>
    fifo(async () => {
      const answer: { value?: T } = {};
      await guarded(label, 1, async () => {
        const start = clock.nowMs();
        answer.value = await work();
        return clock.nowMs() - start;
      });
      return answer.value as T;
    });

  const carry = (loop: CarriedLoop): Promise<CarriedRun> =>
    fifo(() => {
      if (carrying) throw new Error('this session carries another run already');
      const ended = (): void => {
        carrying = false;
      };
      const made = createCarriedRun({ inner, prepare, exclusive, ended }, loop);
      carrying = true;
      return Promise.resolve(made);
    });

  const release = (): Promise<void> =>
    fifo(async () => {
      if (released) return;
      released = true;
      forget();
      await inner.release();
    });

  return { inputs, outputs, createMs: parts.createMs, run, carry, time, release };
}

/** On WebGPU this is what waits for the GPU: a run alone may resolve before the work is done (platform A4). */
async function readAll(outputs: OrtInferenceSession.ReturnType): Promise<void> {
  for (const value of Object.values(outputs)) {
    if (value.location !== 'cpu') await value.getData(true);
  }
}

/** Sequences and maps are left out: they cannot be carried as RuntimeTensor. */
function valueInfo(value: OrtInferenceSession.ValueMetadata): ValueInfo[] {
  if (!value.isTensor) return [];
  return [{ name: value.name, dtype: value.type, dims: value.shape.map(plainDim) }];
}

/** An open dimension without a name is -1 in ONNX Runtime, which its web build reads as unsigned. Here: ''. */
const plainDim = (dim: number | string): number | string =>
  typeof dim === 'string' || (dim >= 0 && dim < 2 ** 32 - 1) ? dim : '';

function checkFeeds(inputs: readonly ValueInfo[], names: readonly string[], feeds: Feeds): void {
  const refuse = (name: string, detail: string): never => {
    throw new EngineError('runtime/bad-input', { where: `input "${name}"`, detail });
  };
  for (const name of Object.keys(feeds))
    if (!names.includes(name))
      refuse(name, `the model has no such input; it has ${names.join(', ')}`);
  for (const input of inputs) {
    const given = feeds[input.name];
    if (given === undefined) return refuse(input.name, 'was not given');
    if (given.dtype !== input.dtype)
      refuse(input.name, `is ${given.dtype}; the model takes ${input.dtype}`);
    const fits =
      input.dims.length === 0 ||
      (given.dims.length === input.dims.length &&
        input.dims.every((dim, i) => typeof dim === 'string' || dim === given.dims[i]));
    if (!fits)
      refuse(
        input.name,
        `has shape [${given.dims.join(', ')}]; the model takes [${input.dims.join(', ')}]`,
      );
  }
}

function checkFetches(names: readonly string[], fetches: readonly string[]): void {
  const missing = fetches.find((name) => !names.includes(name));
  if (missing !== undefined)
    throw new EngineError('runtime/bad-input', {
      where: `output "${missing}"`,
      detail: `the model has no such output; it has ${names.join(', ')}`,
    });
}
