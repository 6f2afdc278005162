import { EngineError } from '../core/index.ts';

/** The file is damaged or says things that cannot be. */
export const unreadable = (where: string, detail: string, hint?: string): EngineError =>
  new EngineError('data/unreadable', { where, detail, ...(hint === undefined ? {} : { hint }) });

/** The file is sound, but of a kind that is not read, or beyond a limit. */
export const unsupported = (where: string, detail: string, hint?: string): EngineError =>
  new EngineError('data/unsupported', { where, detail, ...(hint === undefined ? {} : { hint }) });

/** Data and model (or data and labels) do not fit together. */
export const mismatch = (where: string, detail: string, hint?: string): EngineError =>
  new EngineError('data/mismatch', { where, detail, ...(hint === undefined ? {} : { hint }) });
