import { EngineError } from './errors.ts';

/** Expected failure as a value; a broken invariant throws instead. */
export type Result<T, E = EngineError> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });

/** Runs `work` and turns a thrown EngineError into a Result; any other throw is a bug and passes through. */
export function attempt<T>(work: () => T): Result<T> {
  try {
    return ok(work());
  } catch (error) {
    if (error instanceof EngineError) return err(error);
    throw error;
  }
}

/** The value, or the error thrown. For callers that have nothing better to do than to pass it on. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw result.error;
}
