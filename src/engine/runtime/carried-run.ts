import type {
  InferenceSession as OrtInferenceSession,
  Tensor as OrtTensor,
} from 'onnxruntime-common';
import { EngineError } from '../core/index.ts';
import { fromOrtTensor } from './ort-tensors.ts';
import type { CarriedLoop, CarriedRun, Feeds, RuntimeTensor } from './port.ts';

/**
 * Runs whose outputs are inputs of the next run, without leaving ONNX Runtime's own tensors in between: on WebGPU those are buffers of
 * the GPU (`SessionOptions.carried`), elsewhere arrays that are handed back as they came. A tensor is disposed of as soon as the
 * step that read it is over, so that memory is flat however many steps there are. A step that fails leaves what was carried before it.
 */
export interface CarriedRunParts {
  readonly inner: OrtInferenceSession;
  /** Checks feeds against the inputs named and makes ONNX Runtime's tensors of them. */
  prepare(feeds: Feeds, inputs: readonly string[]): Record<string, OrtTensor>;
  /** One call of ONNX Runtime at a time, under the watchdog. */
  exclusive<T>(label: string, work: () => Promise<T>): Promise<T>;
  readonly ended: () => void;
}

const quiet: OrtInferenceSession.RunOptions = { logSeverityLevel: 4 };

export function createCarriedRun(parts: CarriedRunParts, loop: CarriedLoop): CarriedRun {
  const { inner } = parts;
  const carriedInputs = loop.pairs.map((pair) => pair.input);
  const given = inner.inputNames.filter((name) => !carriedInputs.includes(name));
  const carriedOutputs = loop.pairs.map((pair) => pair.output);
  checkLoop(inner, loop);
  const state = parts.prepare(copied(loop.initial), carriedInputs);
  let released = false;

  const checkAlive = (): void => {
    if (released)
      throw new EngineError('runtime/dead', {
        where: 'session',
        detail: 'what was carried was released',
      });
  };
  const replace = (input: string, tensor: OrtTensor): void => {
    state[input]?.dispose();
    state[input] = tensor;
  };

  const step = (feeds: Feeds, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>> =>
    parts.exclusive('step', async () => {
      checkAlive();
      const fed = parts.prepare(feeds, given);
      const outputs = await inner.run({ ...fed, ...state }, [...carriedOutputs, ...fetches], quiet);
      const result: Record<string, RuntimeTensor> = {};
      for (const name of fetches) result[name] = await fromOrtTensor(outputs[name] as OrtTensor);
      for (const { input, output } of loop.pairs) replace(input, outputs[output] as OrtTensor);
      return result;
    });

  const read = (): Promise<Feeds> =>
    parts.exclusive('read', async () => {
      checkAlive();
      const copies: Record<string, RuntimeTensor> = {};
      for (const input of carriedInputs) copies[input] = await copyOf(state[input] as OrtTensor);
      return copies;
    });

  const write = (next: Feeds): Promise<void> =>
    parts.exclusive('write', () => {
      checkAlive();
      const tensors = parts.prepare(copied(next), carriedInputs);
      for (const input of carriedInputs) replace(input, tensors[input] as OrtTensor);
      return Promise.resolve();
    });

  const release = (): Promise<void> =>
    parts.exclusive('release', () => {
      if (released) return Promise.resolve();
      released = true;
      for (const tensor of Object.values(state)) tensor.dispose();
      parts.ended();
      return Promise.resolve();
    });

  return { step, read, write, release };
}

function checkLoop(inner: OrtInferenceSession, { pairs }: CarriedLoop): void {
  const refuse = (name: string, detail: string): never => {
    throw new EngineError('runtime/bad-input', { where: `carried "${name}"`, detail });
  };
  for (const { input, output } of pairs) {
    if (!inner.inputNames.includes(input)) refuse(input, 'the model has no such input');
    if (!inner.outputNames.includes(output)) refuse(output, 'the model has no such output');
  }
}

/** A tensor of the runtime stays where it is; what is read is the caller's. */
async function copyOf(tensor: OrtTensor): Promise<RuntimeTensor> {
  const held = tensor.location === 'cpu' ? tensor.data : await tensor.getData(false);
  if (Array.isArray(held)) throw new Error('strings are never carried');
  const array = held as ArrayBufferView;
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return { dtype: tensor.type, dims: [...tensor.dims], data: bytes.slice() };
}

/** What is carried on must not change under the runtime when the caller goes on with its own bytes. */
const copied = (feeds: Feeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [
      name,
      tensor.data instanceof Uint8Array ? { ...tensor, data: tensor.data.slice() } : tensor,
    ]),
  );
