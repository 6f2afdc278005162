import type { Recipe } from '../engine/forms.ts';
import type { StudioHost } from './create-studio.ts';
import type { Opener, OpeningStart } from './opener.ts';
import { toPlainError } from './plain-error.ts';
import { withoutVariants } from './points.ts';
import { readLink, writeLink } from './recipe-link.ts';
import { notify, type Room } from './room.ts';
import { readSampleIndex } from './sample-index.ts';
import type { SavedSession } from './saved-session.ts';
import { debounce } from './scheduler.ts';
import type { Sample } from './state.ts';

/** The first moments: what the address names, else the session from before, else the empty page. And the address from then on. */
export interface Start {
  readonly start: () => Promise<void>;
  readonly loadSamples: () => Promise<readonly Sample[]>;
  readonly openSample: (name: string) => Promise<void>;
  readonly keepAddress: () => () => void;
}

export function createStart(
  room: Room,
  host: StudioHost,
  opener: Opener,
  setRecipe: (recipe: Recipe) => void,
): Start {
  const { store } = room;
  let samples: Promise<readonly Sample[]> | undefined;

  const loadSamples = (): Promise<readonly Sample[]> => (samples ??= fetchSamples());

  const fetchSamples = async (): Promise<readonly Sample[]> => {
    store.setState({ samples: { kind: 'loading', before: undefined } });
    try {
      const { json, url } = await host.fetchSampleIndex();
      const value = readSampleIndex(json, url);
      store.setState({ samples: { kind: 'ready', value } });
      return value;
    } catch (thrown) {
      samples = undefined;
      store.setState({ samples: { kind: 'failed', error: toPlainError(thrown, 'samples') } });
      return [];
    }
  };

  const openSample = async (name: string, start?: OpeningStart): Promise<void> => {
    const sample = (await loadSamples()).find((each) => each.name === name);
    if (sample !== undefined) return opener.sample(sample, start);
    const error = {
      code: 'argument/invalid',
      where: 'sample',
      detail: `no sample "${name}"`,
      hint: null,
    } as const;
    notify(room, { kind: 'error', about: 'open', error });
  };

  const resume = async (session: SavedSession, start: OpeningStart): Promise<void> => {
    const { source } = session;
    if (source.kind === 'sample') return openSample(source.sample, start);
    return opener.files(source.files, source.data, start);
  };

  const start = async (): Promise<void> => {
    const link = readLink(host.address.read());
    if (link !== undefined && link.ignored.length > 0)
      notify(room, { kind: 'ignored', keys: link.ignored });
    const session = await host.keeper.load().catch(() => undefined);
    const fits =
      session !== undefined &&
      (link?.sample === undefined ||
        (session.source.kind === 'sample' && session.source.sample === link.sample));
    if (session !== undefined && fits)
      return resume(session, {
        recipe: link?.recipe ?? session.recipe,
        points: withoutVariants(session.points).map((point) => ({
          ...point,
          origin: 'restored' as const,
        })),
        settings: session.settings,
        preprocess: session.preprocess,
        students: session.students,
      });
    if (link?.sample !== undefined) return openSample(link.sample, { recipe: link.recipe });
  };

  const keepAddress = (): (() => void) => {
    const timer = debounce(room.scheduler, 200, () => {
      const { source, history, model } = store.getState();
      if (model === undefined) return;
      const sample = source?.kind === 'sample' ? source.sample : undefined;
      // Too long to share: an address that names only the sample is better than a wrong recipe.
      const link = { sample, recipe: history.present };
      host.address.write(
        writeLink(link) ?? writeLink({ ...link, recipe: { ...history.present, steps: [] } }) ?? '',
      );
    });
    /** A link pasted into the address bar: the same sample keeps its measurements, another one is opened. */
    const stopFollowing = host.address.onChange(() => {
      const link = readLink(host.address.read());
      if (link === undefined) return;
      if (link.ignored.length > 0) notify(room, { kind: 'ignored', keys: link.ignored });
      const { source, model } = store.getState();
      const open = source?.kind === 'sample' ? source.sample : undefined;
      if (link.sample === open && model !== undefined) setRecipe(link.recipe);
      else if (link.sample !== undefined) void openSample(link.sample, { recipe: link.recipe });
    });
    const stop = store.subscribe((state, before) => {
      if (state.history.present !== before.history.present || state.source !== before.source)
        timer.later();
    });
    return () => {
      stop();
      stopFollowing();
      timer.stop();
    };
  };

  return { start, loadSamples, openSample: (name) => openSample(name), keepAddress };
}
