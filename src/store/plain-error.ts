import { EngineError, type PlainError } from '../engine/forms.ts';

/** Any rejection as the union's plain error. What is not an EngineError is a bug of ours: it is shown with its message, not hidden. */
export function toPlainError(error: unknown, where: string): PlainError {
  if (error instanceof EngineError) return error.toPlain();
  if (error instanceof DOMException && error.name === 'AbortError')
    return { code: 'cancelled', where, detail: 'cancelled', hint: null };
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'runtime/dead', where, detail, hint: null };
}

export const isCancelled = (error: PlainError): boolean => error.code === 'cancelled';
