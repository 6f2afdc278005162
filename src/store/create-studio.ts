import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Recipe } from '../engine/forms.ts';
import type { StudioClient } from '../worker/client.ts';
import { createBackground } from './background.ts';
import { createJobs, type JobHandle } from './jobs.ts';
import { createLooker } from './looker.ts';
import { createMeasurer } from './measurer.ts';
import { createOpener } from './opener.ts';
import { createPlanner } from './planner.ts';
import { withoutVariants } from './points.ts';
import { createRecipeActions } from './recipe-actions.ts';
import { notify, type Room } from './room.ts';
import type { SessionKeeper } from './saved-session.ts';
import { startSaving } from './saver.ts';
import type { Scheduler } from './scheduler.ts';
import { createStart } from './start.ts';
import { setOwnStudent } from './student-dial.ts';
import { openStudent } from './student-files.ts';
import { createTrainer } from './trainer.ts';
import { isTraining } from './training.ts';
import { createWriter } from './writer.ts';
import {
  initialState,
  type Language,
  type Preferences,
  type StudioState,
  type Theme,
} from './state.ts';
import type { Actions } from './studio.ts';

/** What the studio needs from its surroundings; a test gives it fakes. */
export interface StudioHost {
  readonly client: StudioClient;
  readonly scheduler: Scheduler;
  readonly keeper: SessionKeeper;
  readonly preferences: Preferences;
  readonly keepPreferences: (preferences: Preferences) => void;
  /** `samples/index.json`, parsed, with the address it came from. */
  fetchSampleIndex(): Promise<{ readonly json: unknown; readonly url: string }>;
  readonly fetchFile: (url: string, name: string, handle: JobHandle) => Promise<File>;
  /** Whether someone looks at the page: nothing is measured unasked in a hidden tab. */
  readonly isVisible: () => boolean;
  /** Resolves when what the store holds now has been drawn. */
  readonly painted: () => Promise<void>;
  readonly address: {
    readonly read: () => string;
    readonly write: (hash: string) => void;
    /** Someone else (a pasted link, the back button) changed it. */
    readonly onChange: (changed: () => void) => () => void;
  };
}

export interface Studio {
  readonly store: StoreApi<StudioState>;
  readonly actions: Actions;
  /** Opens what the address names, or the session from before. */
  readonly start: () => Promise<void>;
  readonly dispose: () => void;
}

/** Puts the controllers together. Each knows only the room and what it is handed here. */
export function createStudio(host: StudioHost): Studio {
  const { client, scheduler, keeper } = host;
  const store = createStore<StudioState>(() => initialState(host.preferences));
  const room: Room = { store, client, scheduler };
  const jobs = createJobs(room);
  const planner = createPlanner(room);
  const idleAndSeen = (): boolean => host.isVisible() && !measurer.pending();
  const background = createBackground(room, jobs, idleAndSeen);
  const measurer = createMeasurer(room, jobs, planner, () => {
    looker.predictions(0, predictionsShown);
    background.whenQuiet();
  });
  const looker = createLooker(room, jobs, () => {
    background.whenQuiet();
  });

  const writer = createWriter(room, jobs, () => {
    measurer.now();
  });

  const trainer = createTrainer(room, jobs, planner, () => {
    planner.request(store.getState().history.present);
    measurer.now();
  });

  /** The recipe on screen is another one: figures at once, measurements when it has been still. */
  const recipeChanged = (recipe: Recipe, still: boolean): void => {
    background.giveWay();
    if (store.getState().model === undefined) return;
    planner.request(recipe);
    if (still) measurer.now();
    else measurer.later();
  };

  const recipes = createRecipeActions(room, recipeChanged);

  const opener = createOpener(room, jobs, {
    fetchFile: host.fetchFile,
    painted: host.painted,
    setRecipe: (recipe) => recipes.setRecipe(recipe),
    changed: (what) => {
      background.giveWay();
      if (what !== 'settings') {
        looker.reset();
        writer.reset();
      }
      if (what === 'model') {
        background.forget();
        planner.reset();
      }
      if (what !== 'settings') trainer.reset();
      planner.request(store.getState().history.present);
      measurer.now();
    },
  });
  const start = createStart(room, host, opener, recipes.setRecipe);

  const stopListening = client.onReplaced((reason) => {
    notify(room, { kind: 'replaced', reason });
    store.setState(({ points }) => ({ points: withoutVariants(points) }));
  });
  const stopSaving = startSaving(room, keeper);
  const stopLinking = start.keepAddress();
  const stopFollowing = store.subscribe((state, before) => {
    if (state.plan !== before.plan || state.history.present !== before.history.present)
      trainer.follow();
  });

  const prefer = (change: Partial<Preferences>): void => {
    const preferences = { ...store.getState().preferences, ...change };
    store.setState({ preferences });
    host.keepPreferences(preferences);
  };

  const actions: Actions = {
    ...recipes,
    openDropped: (files) => {
      background.giveWay();
      void opener.dropped(files);
    },
    openSample: (name) => {
      background.giveWay();
      void start.openSample(name);
    },
    openStudent: (files) => {
      background.giveWay();
      measurer.stop();
      void openStudent(room, jobs, files, (own) => {
        recipes.setRecipe(setOwnStudent(store.getState().history.present, own));
        // The same recipe that refused for want of this file has another plan now.
        planner.request(store.getState().history.present);
        measurer.now();
      });
    },
    openData: (files) => {
      background.giveWay();
      void opener.data(files);
    },
    setPreprocess: (preprocess) => {
      background.giveWay();
      void opener.preprocess(preprocess);
    },
    configure: (change) => {
      background.giveWay();
      void opener.configure(change);
    },
    loadSamples: () => void start.loadSamples(),
    showStart: () => store.setState({ view: 'start' }),
    showStudio: () => store.setState({ view: 'studio' }),
    requestLayers: looker.layers,
    requestWeights: looker.weights,
    requestPredictions: looker.predictions,
    requestSoftLabels: looker.softLabels,
    showChart: (chart) => store.setState({ chart }),
    showPart: (part) => store.setState({ part }),
    train: () => {
      background.giveWay();
      measurer.stop();
      trainer.train();
    },
    steerTraining: trainer.steer,
    forgetTraining: trainer.forget,
    continueText: (order) => {
      // It would take the place of the training.
      if (isTraining(store.getState())) return;
      background.giveWay();
      measurer.stop();
      writer.write(order);
    },
    exportShown: () => {
      // It would take the place of the training.
      if (isTraining(store.getState())) return;
      background.giveWay();
      measurer.stop();
      looker.export();
    },
    closeExport: () => {
      looker.closeExport();
      measurer.now();
    },
    cancel: () => {
      background.giveWay();
      measurer.stop();
      jobs.cancel();
    },
    retry: () => measurer.now(),
    dismiss: (id) =>
      store.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) })),
    setLanguage: (language: Language) => prefer({ language }),
    setTheme: (theme: Theme) => prefer({ theme }),
  };

  return {
    store,
    actions,
    start: start.start,
    dispose() {
      stopListening();
      stopSaving();
      stopLinking();
      stopFollowing();
      jobs.cancel();
      background.giveWay();
      client.dispose();
    },
  };
}

export const predictionsShown = 12;
