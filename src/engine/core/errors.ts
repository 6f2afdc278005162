/**
 * The closed set of ways in which the engine fails on purpose. A code is what programs act on and what the app
 * turns into words in the reader's language; `where` names the place (a file, a field path such as
 * `graph.node[3].attribute[0]`, a recipe step), `detail` says what is wrong there in plain English, `hint` what to do.
 * Broken invariants of our own code are not in here: they throw ordinary Errors.
 */

export const errorCodes = [
  // reading a file
  'file/empty',
  'file/not-onnx',
  'file/too-large',
  'onnx/truncated',
  'onnx/malformed',
  'onnx/too-deep',
  'onnx/too-new',
  'onnx/no-graph',
  'onnx/no-opset',
  'onnx/bad-dims',
  'onnx/bad-type',
  'onnx/size-mismatch',
  'onnx/duplicate-name',
  'onnx/dangling',
  'onnx/cycle',
  'onnx/external-missing',
  'onnx/external-path',
  'onnx/external-range',
  'onnx/unsupported',
  // the graph
  'graph/invalid',
  // running
  'runtime/unavailable',
  'runtime/create-failed',
  'runtime/run-failed',
  'runtime/out-of-memory',
  'runtime/hung',
  'runtime/dead',
  'runtime/bad-input',
  // data
  'data/unreadable',
  'data/unsupported',
  'data/mismatch',
  'data/empty',
  'data/labels-missing',
  // recipes and methods
  'recipe/invalid',
  'recipe/too-new',
  'recipe/unknown-method',
  'method/refused',
  // training
  'train/no-rule',
  'train/diverged',
  'train/not-trained',
  'train/elsewhere',
  // export
  'export/mismatch',
  // control
  'cancelled',
  'argument/invalid',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorPlace {
  /** The place: file name, field path, node, step. */
  readonly where: string;
  /** What is wrong there, in plain English, with the numbers. */
  readonly detail: string;
  /** What the person can do about it. */
  readonly hint?: string;
}

/** An expected failure. Survives a worker border as `toPlain` / `fromPlain`. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: ErrorCode;
  readonly where: string;
  readonly detail: string;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, place: ErrorPlace) {
    super(`${place.where}: ${place.detail}${place.hint ? `. ${place.hint}` : ''}`);
    this.code = code;
    this.where = place.where;
    this.detail = place.detail;
    this.hint = place.hint;
  }

  toPlain(): PlainError {
    return { code: this.code, where: this.where, detail: this.detail, hint: this.hint ?? null };
  }

  static fromPlain(plain: PlainError): EngineError {
    const place = { where: plain.where, detail: plain.detail };
    return new EngineError(
      plain.code,
      plain.hint === null ? place : { ...place, hint: plain.hint },
    );
  }
}

/** What crosses a worker border or goes into a report. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly where: string;
  readonly detail: string;
  readonly hint: string | null;
}
