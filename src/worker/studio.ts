import { EngineError, type PlainError, type Progress } from '../engine/index.ts';
import { configure } from './calls/configure.ts';
import { device } from './calls/device.ts';
import { evaluate } from './calls/evaluate.ts';
import { exportVariant } from './calls/export.ts';
import { generate } from './calls/generate.ts';
import { layers } from './calls/layers.ts';
import { openData, setPreprocess } from './calls/open-data.ts';
import { openModel } from './calls/open-model.ts';
import { openStudents } from './calls/open-students.ts';
import { plan } from './calls/plan.ts';
import { predictions } from './calls/predictions.ts';
import { softLabels } from './calls/soft-labels.ts';
import { forgetTraining, steerTraining, train, trainingLog } from './calls/train.ts';
import { weights } from './calls/weights.ts';
import type {
  CallName,
  Calls,
  Evaluation,
  FromPage,
  GeneratedTexts,
  ToPage,
  TrainingNow,
} from './protocol.ts';
import type { RuntimeBuild } from './runtime-protocol.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** What a call gets besides its request. */
export interface CallContext {
  readonly id: number;
  readonly workspace: Workspace;
  /** Set for every call; aborted by `cancel`. Work that uses the runtime goes through `workspace.jobs` instead. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  readonly partial: (evaluation: Evaluation) => void;
  readonly training: (training: TrainingNow) => void;
  readonly generated: (generated: GeneratedTexts) => void;
}

export type Handler<Name extends CallName> = (
  body: Calls[Name]['request'],
  context: CallContext,
) => Promise<Calls[Name]['reply']>;

const handlers: { readonly [Name in CallName]: Handler<Name> } = {
  'open-model': openModel,
  'open-students': openStudents,
  'open-data': openData,
  'set-preprocess': setPreprocess,
  configure,
  plan,
  evaluate,
  train,
  'steer-training': steerTraining,
  'training-log': trainingLog,
  'forget-training': forgetTraining,
  'soft-labels': softLabels,
  layers,
  weights,
  predictions,
  generate,
  export: exportVariant,
  device,
};

type Scope = Pick<DedicatedWorkerGlobalScope, 'postMessage' | 'addEventListener'>;

/** The studio worker's message loop. It never blocks for long: heavy work breathes, ONNX Runtime has a worker of its own. */
export function startStudio(scope: Scope, spawnRuntime: (build: RuntimeBuild) => Worker): void {
  const post = (message: ToPage): void => scope.postMessage(message);
  const workspace = createWorkspace({
    spawnRuntime,
    onReplaced: (reason) => post({ kind: 'runtime-replaced', reason }),
  });
  const running = new Map<number, AbortController>();
  // Opening a model, opening data and settings change what everything else reads: they and their followers keep their order.
  let opening: Promise<unknown> = Promise.resolve();

  const call = async (message: Extract<FromPage, { kind: 'call' }>): Promise<void> => {
    const controller = new AbortController();
    running.set(message.id, controller);
    const context: CallContext = {
      id: message.id,
      workspace,
      signal: controller.signal,
      progress: (progress) => post({ kind: 'progress', id: message.id, progress }),
      partial: (evaluation) => post({ kind: 'evaluated', id: message.id, evaluation }),
      training: (training) => post({ kind: 'training', id: message.id, training }),
      generated: (generated) => post({ kind: 'generated', id: message.id, generated }),
    };
    try {
      const handler = handlers[message.name] as Handler<CallName>;
      const before = opening;
      const work = before.then(() => handler(message.body, context));
      if (orders.has(message.name)) opening = work.catch(() => undefined);
      post({ kind: 'reply', id: message.id, body: await work });
    } catch (error) {
      post({ kind: 'failed', id: message.id, error: plainError(error, message.name) });
    } finally {
      running.delete(message.id);
    }
  };

  scope.addEventListener('message', (event: MessageEvent<FromPage>) => {
    const message = event.data;
    switch (message.kind) {
      case 'call':
        return void call(message);
      case 'cancel':
        running.get(message.id)?.abort();
        return workspace.jobs.cancel(message.id);
      case 'ping':
        return post({ kind: 'pong', at: message.at });
      case 'hidden':
        return workspace.setHidden(message.hidden);
    }
  });
}

const orders: ReadonlySet<CallName> = new Set([
  'open-model',
  'open-students',
  'open-data',
  'set-preprocess',
  'configure',
  'device',
]);

/** Unknown errors are bugs; they still reach the page, named as what they are. */
function plainError(error: unknown, call: CallName): PlainError {
  if (error instanceof EngineError) return error.toPlain();
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new EngineError('runtime/dead', {
    where: call,
    detail,
    hint: 'This is a fault in Whittle',
  }).toPlain();
}
