import { parseArgs } from 'node:util';
import { EngineError } from '../engine/forms.ts';
import type { BackendId } from '../engine/index.ts';

/** The command line of design §5.1. Anything else is `argument/invalid`, which main.ts turns into exit code 2 and one line. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'inspect'; readonly model: string; readonly json: boolean }
  | ({
      readonly kind: 'run';
      readonly model: string;
      readonly recipe: string;
      readonly out?: string;
      readonly report?: string;
      readonly seed?: number;
    } & Common)
  | ({
      readonly kind: 'measure';
      readonly models: readonly string[];
      readonly json: boolean;
    } & Common);

export interface Common {
  readonly data?: string;
  readonly preprocess?: string;
  readonly tokenizer?: string;
  readonly backend: Exclude<BackendId, 'webgpu'>;
  readonly threads: number;
  readonly samples: number;
}

export const usage = `whittle inspect MODEL [--json]
whittle run     MODEL --recipe RECIPE.json [--data DATA] [--out OUT.onnx] [--report REPORT.json] [--backend wasm|native] [--threads N] [--seed S]
whittle measure MODEL [MODEL …] [--data DATA] [--backend wasm|native] [--threads N] [--json]

DATA     sample:NAME, a folder with one subfolder of images per class, .npz (x, y), an IDX images file, .csv, .jsonl, .txt
also     --preprocess FILE.json, --tokenizer TOKENIZER.json (text; default: tokenizer.json beside the data or the model), --samples N (how many samples accuracy is measured on; default 1000)
exit     0 success, 1 failure, 2 bad arguments
setting  WHITTLE_BUDGET_MS: no single call into ONNX Runtime may take longer (it is stopped anyway where it hangs)`;

const options = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  recipe: { type: 'string' },
  data: { type: 'string' },
  preprocess: { type: 'string' },
  tokenizer: { type: 'string' },
  out: { type: 'string' },
  report: { type: 'string' },
  backend: { type: 'string' },
  threads: { type: 'string' },
  seed: { type: 'string' },
  samples: { type: 'string' },
} as const;
type Option = keyof typeof options;

const allowed: Record<'inspect' | 'run' | 'measure', readonly Option[]> = {
  inspect: ['json'],
  run: [
    'recipe',
    'data',
    'preprocess',
    'tokenizer',
    'out',
    'report',
    'backend',
    'threads',
    'seed',
    'samples',
  ],
  measure: ['data', 'preprocess', 'tokenizer', 'backend', 'threads', 'json', 'samples'],
};

export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv);
  const [name, ...rest] = positionals;
  if (values.help === true || name === undefined) return { kind: 'help' };
  if (name === 'search')
    throw bad('search', 'this version has no search yet', 'Use run with a recipe');
  if (name !== 'inspect' && name !== 'run' && name !== 'measure')
    throw bad(name, 'no such command', 'Use inspect, run or measure');
  for (const option of Object.keys(values) as Option[])
    if (!allowed[name].includes(option))
      throw bad(`--${option}`, `does not belong to ${name}`, 'See whittle --help');
  const [model] = rest;
  if (model === undefined) throw bad(name, 'no MODEL was named', 'Name an .onnx file');
  if (name !== 'measure' && rest.length > 1)
    throw bad(name, `one MODEL is expected, not ${rest.length}`, 'Name one .onnx file');
  if (name === 'inspect') return { kind: 'inspect', model, json: values.json === true };
  const common = readCommon(values);
  if (name === 'measure')
    return { kind: 'measure', models: rest, json: values.json === true, ...common };
  if (values.recipe === undefined)
    throw bad('run', 'no --recipe was given', 'Give --recipe RECIPE.json');
  return {
    kind: 'run',
    model,
    recipe: values.recipe,
    ...common,
    ...(values.out === undefined ? {} : { out: values.out }),
    ...(values.report === undefined ? {} : { report: values.report }),
    ...(values.seed === undefined
      ? {}
      : { seed: wholeNumber('seed', values.seed, Number.MIN_SAFE_INTEGER) }),
  };
}

type Values = ReturnType<typeof parse>['values'];

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw bad(
      'arguments',
      error instanceof Error ? error.message : String(error),
      'See whittle --help',
    );
  }
}

function readCommon(values: Values): Common {
  const backend = values.backend ?? 'wasm';
  if (backend !== 'wasm' && backend !== 'native')
    throw bad('--backend', `"${backend}" is not known`, 'Use wasm or native');
  return {
    backend,
    threads: values.threads === undefined ? 1 : wholeNumber('threads', values.threads, 1),
    samples: values.samples === undefined ? 1000 : wholeNumber('samples', values.samples, 1),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.preprocess === undefined ? {} : { preprocess: values.preprocess }),
    ...(values.tokenizer === undefined ? {} : { tokenizer: values.tokenizer }),
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw bad(
      `--${name}`,
      `"${text}" is not a whole number from ${least} up`,
      'See whittle --help',
    );
  return value;
}

const bad = (where: string, detail: string, hint: string): EngineError =>
  new EngineError('argument/invalid', { where, detail, hint });
