import { describe, expect, it } from 'vitest';
import { EngineError } from '../engine/index.ts';
import { parseCommand } from './arguments.ts';

function refusal(...argv: string[]): EngineError {
  try {
    parseCommand(argv);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error(`accepted ${argv.join(' ')}`);
}

const common = { backend: 'wasm', threads: 1, samples: 1000 };

describe('parseCommand', () => {
  it('takes the three commands of the design with all their options', () => {
    expect(parseCommand(['inspect', 'm.onnx', '--json'])).toEqual({
      kind: 'inspect',
      model: 'm.onnx',
      json: true,
    });
    expect(parseCommand(['measure', 'a.onnx', 'b.onnx'])).toEqual({
      kind: 'measure',
      models: ['a.onnx', 'b.onnx'],
      json: false,
      ...common,
    });
    const options =
      '--recipe r.json --data d --out o.onnx --report r2.json --backend native --threads 2 --seed 7 --samples 50 --preprocess p.json';
    expect(parseCommand(['run', 'm.onnx', ...options.split(' ')])).toEqual({
      kind: 'run',
      model: 'm.onnx',
      recipe: 'r.json',
      data: 'd',
      out: 'o.onnx',
      report: 'r2.json',
      backend: 'native',
      threads: 2,
      seed: 7,
      samples: 50,
      preprocess: 'p.json',
    });
  });

  it('takes a negative seed when it is written with an equals sign', () => {
    expect(parseCommand(['run', 'm', '--recipe', 'r', '--seed=-7'])).toMatchObject({ seed: -7 });
  });

  it('helps when asked, and when nothing is said', () => {
    expect(parseCommand([])).toEqual({ kind: 'help' });
    expect(parseCommand(['run', '--help'])).toEqual({ kind: 'help' });
  });

  it.each<[string, string[], string]>([
    ['an unknown command', ['prune', 'm'], 'prune'],
    ['a command of a later version', ['search', 'm'], 'search'],
    ['no model', ['inspect'], 'no MODEL'],
    ['two models', ['run', 'a', 'b', '--recipe', 'r'], 'one MODEL'],
    ['no recipe', ['run', 'a'], '--recipe'],
    ['an unknown option', ['inspect', 'a', '--fast'], '--fast'],
    ['an option of another command', ['inspect', 'a', '--recipe', 'r'], '--recipe'],
    ['an option without its value', ['run', 'a', '--recipe'], '--recipe'],
    ['another backend', ['measure', 'a', '--backend', 'webgpu'], 'Use wasm or native'],
    ['no thread', ['measure', 'a', '--threads', '0'], '--threads'],
    ['threads that are no number', ['measure', 'a', '--threads', 'two'], '--threads'],
    ['half a sample', ['measure', 'a', '--samples', '0.5'], '--samples'],
    ['a seed that no number holds', ['run', 'a', '--recipe', 'r', '--seed', '1e300'], '--seed'],
    ['an empty number', ['measure', 'a', '--threads', ''], '--threads'],
  ])('refuses %s', (_, argv, words) => {
    const error = refusal(...argv);
    expect(error.code).toBe('argument/invalid');
    expect(error.message).toContain(words);
    expect(error.hint).toBeTruthy();
  });
});
