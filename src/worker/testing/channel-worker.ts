/**
 * A stand-in for a Worker over a real MessageChannel: messages are cloned and arrive in later tasks, as they do between threads. `scope` is
 * what the code inside the worker would see as `self`.
 */
export interface ChannelWorker {
  readonly worker: Worker;
  readonly scope: ChannelScope;
  readonly terminated: boolean;
  /** As if the thread had thrown outside any handler. */
  crash(message: string): void;
}

/** What a worker's code sees as `self`, as far as this project uses it. */
export interface ChannelScope {
  readonly name: string;
  postMessage(message: unknown): void;
  addEventListener(kind: 'message', listener: (event: MessageEvent) => void): void;
}

export function channelWorker(name = 'test'): ChannelWorker {
  const { port1: outside, port2: inside } = new MessageChannel();
  const errors = new EventTarget();
  let terminated = false;
  const worker = {
    postMessage: (message: unknown) => terminated || outside.postMessage(message),
    addEventListener(kind: string, listener: EventListener) {
      if (kind !== 'message') return errors.addEventListener(kind, listener);
      outside.addEventListener('message', listener);
      outside.start();
    },
    terminate() {
      terminated = true;
      outside.close();
      inside.close();
    },
  };
  const scope: ChannelScope = {
    name,
    postMessage(message) {
      if (!terminated) inside.postMessage(message);
    },
    addEventListener(_kind, listener) {
      inside.addEventListener('message', listener);
      inside.start();
    },
  };
  return {
    worker: worker as unknown as Worker,
    scope,
    get terminated() {
      return terminated;
    },
    crash: (message) => void errors.dispatchEvent(Object.assign(new Event('error'), { message })),
  };
}
