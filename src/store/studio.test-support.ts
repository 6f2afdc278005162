import { createStudio, type Studio, type StudioHost } from './create-studio.ts';
import { createFakeClient, type FakeClient } from './fake-client.test-support.ts';
import { createManualScheduler, type ManualScheduler } from './manual-scheduler.test-support.ts';
import type { SavedSession } from './saved-session.ts';
import type { StudioState } from './state.ts';

/** A studio on fakes: no clock, no browser, no worker. */
export interface TestStudio {
  readonly studio: Studio;
  readonly client: FakeClient;
  readonly scheduler: ManualScheduler;
  readonly host: {
    hash: string;
    visible: boolean;
    saved: SavedSession | undefined;
    room: boolean;
    addressChanged: () => void;
  };
  readonly state: () => StudioState;
}

export const samplesJson = {
  samples: [
    { name: 'fashion', model: 'fashion.onnx', data: 'fashion.bin', sizeBytes: 1, title: 'Fashion' },
  ],
};

export function createTestStudio(change: Partial<TestStudio['host']> = {}): TestStudio {
  const scheduler = createManualScheduler();
  const client = createFakeClient(scheduler);
  const host: TestStudio['host'] = {
    hash: '',
    visible: true,
    saved: undefined,
    room: true,
    addressChanged: () => undefined,
    ...change,
  };
  const surroundings: StudioHost = {
    client,
    scheduler,
    keeper: {
      load: () => Promise.resolve(host.saved),
      save(session) {
        if (host.room) host.saved = session;
        return Promise.resolve(host.room ? 'saved' : 'full');
      },
    },
    preferences: { language: 'en', theme: 'system' },
    keepPreferences: () => undefined,
    fetchSampleIndex: () =>
      Promise.resolve({ json: samplesJson, url: 'http://here/samples/index.json' }),
    fetchFile: (_, name) => Promise.resolve(new File(['model'], name)),
    isVisible: () => host.visible,
    painted: () => Promise.resolve(),
    address: {
      read: () => host.hash,
      write: (hash) => void (host.hash = hash),
      onChange: (changed) => {
        host.addressChanged = changed;
        return () => undefined;
      },
    },
  };
  const studio = createStudio(surroundings);
  return { studio, client, scheduler, host, state: () => studio.store.getState() };
}

/** A studio with the sample open and the original measured. */
export async function openTestStudio(
  change: Partial<TestStudio['host']> = {},
): Promise<TestStudio> {
  const made = createTestStudio(change);
  made.studio.actions.openSample('fashion');
  await made.scheduler.advance(1500);
  return made;
}
