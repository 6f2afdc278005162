import type { Preprocess } from '../engine/index.ts';
import type { Recipe } from '../engine/forms.ts';
import type { Settings } from '../worker/protocol.ts';
import type { ModelSource, Point } from './state.ts';
import type { StudentFiles } from './student-files.ts';

/** What survives a reload. Files are kept apart from the record: they are written once, the record often. */
export interface SavedSession {
  readonly version: 1;
  readonly source: ModelSource;
  readonly modelId: string;
  readonly recipe: Recipe;
  readonly points: readonly Point[];
  readonly settings: Settings;
  readonly preprocess: Preprocess | undefined;
  /** Students brought along for `distill` steps. Sessions of before have none. */
  readonly students?: readonly StudentFiles[] | undefined;
}

/** Where sessions are kept. `full`: the browser gave no room; nothing half-written is left behind. */
export interface SessionKeeper {
  readonly load: () => Promise<SavedSession | undefined>;
  readonly save: (session: SavedSession) => Promise<'saved' | 'full' | 'unavailable'>;
}
