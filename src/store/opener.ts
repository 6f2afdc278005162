import { parseRecipeText, type Recipe } from '../engine/forms.ts';
import type { DataSource, OpenedData, OpenedModel, Settings } from '../worker/protocol.ts';
import type { Preprocess } from '../engine/index.ts';
import { emptyHistory } from './history.ts';
import type { JobHandle, Jobs } from './jobs.ts';
import { toPlainError } from './plain-error.ts';
import { notify, type Room, withdraw } from './room.ts';
import { baseName, sortFiles } from './sort-files.ts';
import { reopenStudents, type StudentFiles } from './student-files.ts';
import { emptyRecipe, type ModelSource, type Point, type Sample } from './state.ts';

/** Opening: models, external data, recipes, data to measure on. What is already open stays until the new thing is. */
export interface Opener {
  readonly dropped: (files: readonly File[]) => Promise<void>;
  readonly sample: (sample: Sample, start?: OpeningStart) => Promise<void>;
  readonly files: (
    files: readonly File[],
    data: readonly File[],
    start?: OpeningStart,
  ) => Promise<void>;
  readonly data: (files: readonly File[]) => Promise<void>;
  readonly preprocess: (preprocess: Preprocess) => Promise<void>;
  readonly configure: (change: Partial<Settings>) => Promise<void>;
}

/** What a session that is taken up again begins with. */
export interface OpeningStart {
  readonly recipe?: Recipe | undefined;
  readonly points?: readonly Point[] | undefined;
  readonly settings?: Partial<Settings> | undefined;
  readonly preprocess?: Preprocess | undefined;
  readonly students?: readonly StudentFiles[] | undefined;
}

export interface OpenerHooks {
  readonly fetchFile: (url: string, name: string, handle: JobHandle) => Promise<File>;
  readonly setRecipe: (recipe: Recipe) => void;
  /** Another model, other data or other settings are in force. */
  readonly changed: (what: 'model' | 'data' | 'settings') => void;
  readonly painted: () => Promise<void>;
}

interface Opened {
  readonly model: OpenedModel;
  readonly data: OpenedData | undefined;
  readonly settings: Settings;
}

export function createOpener(room: Room, jobs: Jobs, hooks: OpenerHooks): Opener {
  const { store, client } = room;
  /** A recipe that was dropped before there was a model. */
  let waitingRecipe: Recipe | undefined;

  const open = async (
    source: ModelSource,
    getFiles: (handle: JobHandle) => Promise<readonly File[]>,
    dataSource: DataSource,
    start: OpeningStart,
  ): Promise<void> => {
    withdraw(room, (notice) => notice.kind === 'error' && notice.about === 'open');
    const outcome = await jobs.run('open', async (handle) => {
      const files = await getFiles(handle);
      const model = await client.call('open-model', { files }, handle);
      if ('missingFiles' in model) {
        // Asked for on the empty page; a model that is open stays open behind it.
        store.setState({ view: 'start', waitingFor: { files, missing: model.missingFiles } });
        return undefined;
      }
      // The summary is on screen before data is loaded.
      show(source, model, start);
      await hooks.painted();
      await reopenStudents(room, start.students ?? [], handle.signal);
      const settings = await firstSettings(model, start);
      const data = await openDataOr(dataSource, handle);
      const preprocessed =
        start.preprocess === undefined || data.kind === 'synthetic'
          ? data
          : await client.call('set-preprocess', { preprocess: start.preprocess }, handle);
      return { model, ...(await sized(settings, preprocessed)) } satisfies Opened;
    });
    if (outcome.kind === 'failed')
      notify(room, { kind: 'error', about: 'open', error: outcome.error });
    if (outcome.kind === 'done' && outcome.value !== undefined) {
      const { data, settings } = outcome.value;
      store.setState({ data, settings });
      hooks.changed('model');
    } else if (store.getState().model !== undefined) await withoutData();
  };

  /** The model is open, but loading its data was stopped: it is measured on synthetic inputs, and the page says so. */
  const withoutData = async (): Promise<void> => {
    if (store.getState().data === undefined && jobs.task() === undefined) {
      const outcome = await jobs.run('data', (handle) =>
        client.call('open-data', { kind: 'synthetic' }, handle),
      );
      if (outcome.kind === 'done') store.setState({ data: outcome.value });
    }
    hooks.changed('data');
  };

  const show = (source: ModelSource, model: OpenedModel, start: OpeningStart): void => {
    const recipe = start.recipe ?? waitingRecipe ?? emptyRecipe;
    waitingRecipe = undefined;
    withdraw(room, (notice) => notice.kind === 'recipe-waits');
    store.setState({
      view: 'studio',
      source,
      model,
      waitingFor: undefined,
      data: undefined,
      students: [],
      history: emptyHistory(recipe),
      remembered: {},
      points: start.points ?? [],
    });
    hooks.setRecipe(recipe);
  };

  const firstSettings = async (model: OpenedModel, start: OpeningStart): Promise<Settings> => {
    const device = store.getState().device ?? (await client.call('device', {}));
    store.setState({ device });
    const before = { ...store.getState().settings, ...start.settings };
    const threads =
      start.settings?.threads ?? Math.max(before.threads, defaultThreads(device.maxThreads));
    const wanted = { ...before, threads: Math.min(threads, device.maxThreads), dims: model.dims };
    return client.call('configure', wanted);
  };

  /** The data asked for, or synthetic inputs with a notice that says why. */
  const openDataOr = async (source: DataSource, handle: JobHandle): Promise<OpenedData> => {
    if (source.kind === 'synthetic') return client.call('open-data', source, handle);
    try {
      return await client.call('open-data', source, handle);
    } catch (thrown) {
      if (handle.signal.aborted) throw thrown;
      const error = toPlainError(thrown, 'data');
      notify(room, { kind: 'error', about: 'data', error });
      return client.call('open-data', { kind: 'synthetic' }, handle);
    }
  };

  /** Text says how long a sequence is: what is measured is as long as that. */
  const sized = async (
    settings: Settings,
    data: OpenedData,
  ): Promise<{ readonly settings: Settings; readonly data: OpenedData }> => {
    const found = Object.entries(data.text?.dims ?? {});
    if (found.every(([name, size]) => settings.dims[name] === size)) return { settings, data };
    const dims = { ...settings.dims, ...data.text?.dims };
    return { settings: await client.call('configure', { ...settings, dims }), data };
  };

  const openFiles: Opener['files'] = (files, data, start = {}) =>
    open(
      { kind: 'files', files, data },
      () => Promise.resolve(files),
      data.length > 0 ? { kind: 'files', files: data } : { kind: 'synthetic' },
      start,
    );

  const openData = async (files: readonly File[]): Promise<void> => {
    withdraw(room, (notice) => notice.kind === 'error' && notice.about === 'data');
    const outcome = await jobs.run('data', async (handle) => {
      const opened = await client.call('open-data', { kind: 'files', files }, handle);
      return sized(store.getState().settings, opened);
    });
    if (outcome.kind === 'failed')
      notify(room, { kind: 'error', about: 'data', error: outcome.error });
    if (outcome.kind === 'done') {
      const { source } = store.getState();
      const kept = source?.kind === 'files' ? { ...source, data: files } : source;
      store.setState({ ...outcome.value, source: kept });
    }
    // Even a failure stopped the measuring that ran before.
    hooks.changed('data');
  };

  const openRecipe = async (file: File): Promise<void> => {
    const parsed = parseRecipeText(await file.text(), baseName(file.name));
    if (!parsed.ok)
      return notify(room, { kind: 'error', about: 'recipe', error: parsed.error.toPlain() });
    if (store.getState().model !== undefined) return hooks.setRecipe(parsed.value);
    waitingRecipe = parsed.value;
    notify(room, { kind: 'recipe-waits' });
  };

  const dropped = async (files: readonly File[]): Promise<void> => {
    const { models, recipes, data, other } = sortFiles(files);
    const { waitingFor, model } = store.getState();
    const recipe = recipes[0];
    if (recipe !== undefined) await openRecipe(recipe);
    // Whatever comes while a model waits for its data, and is no model itself, may be what it waits for.
    const isModel = models.some((file) => file.name.toLowerCase().endsWith('.onnx'));
    const rest = [...models, ...data, ...other];
    if (waitingFor !== undefined && !isModel && rest.length > 0)
      return openFiles([...waitingFor.files, ...rest], []);
    if (models.length > 0) return openFiles([...models, ...other], data);
    if (data.length > 0 && model !== undefined) return openData(data);
    if (data.length > 0)
      notify(room, { kind: 'unused-files', names: data.map((file) => baseName(file.name)) });
    if (other.length > 0)
      notify(room, { kind: 'unused-files', names: other.map((file) => baseName(file.name)) });
  };

  return {
    dropped,
    files: openFiles,
    sample: (sample, start = {}) =>
      open(
        { kind: 'sample', sample: sample.name },
        async (handle) => [await hooks.fetchFile(sample.modelUrl, `${sample.name}.onnx`, handle)],
        { kind: 'sample', name: sample.name, url: sample.dataUrl },
        start,
      ),
    data: openData,
    async preprocess(preprocess) {
      const outcome = await jobs.run('data', (handle) =>
        client.call('set-preprocess', { preprocess }, handle),
      );
      if (outcome.kind === 'failed')
        notify(room, { kind: 'error', about: 'data', error: outcome.error });
      // Another preprocessing, other accuracies: the old points would lie.
      if (outcome.kind === 'done') store.setState({ data: outcome.value, points: [] });
      hooks.changed('data');
    },
    async configure(change) {
      const settings = { ...store.getState().settings, ...change };
      const before = store.getState().settings;
      store.setState({ settings });
      const outcome = await jobs.run('settings', () => client.call('configure', settings));
      if (outcome.kind === 'failed') {
        store.setState({ settings: before });
        notify(room, { kind: 'error', about: 'settings', error: outcome.error });
      }
      if (outcome.kind === 'done') store.setState({ settings: outcome.value });
      hooks.changed('settings');
    },
  };
}

/** Half the cores, at most four: more fight over memory bandwidth in the browser. */
export const defaultThreads = (maxThreads: number): number =>
  Math.max(1, Math.min(4, Math.ceil(maxThreads / 2)));
