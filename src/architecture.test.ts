/**
 * The borders between the rooms of src/, as data, and the test that holds them. Who may import whom
 * is the table `rooms`; whatever is not named there is forbidden. Imports are read from the syntax
 * tree, so text in comments and strings does not count. Test files may import anything.
 *
 * `import type` is gone at run time and has its own column. `import { type A }` is not: under
 * verbatimModuleSyntax the module is still loaded, so it counts as an import of the module.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';

const src = path.dirname(fileURLToPath(import.meta.url));

interface Border {
  /** Rooms whose modules may be imported, beside the room itself. */
  readonly rooms: readonly string[];
  /** Rooms of which only types may be imported. */
  readonly types?: readonly string[];
  /** Packages; `node:` stands for all of Node's own modules. */
  readonly packages?: readonly string[];
  /** Packages of which only types may be imported. */
  readonly typePackages?: readonly string[];
  /** Rooms whose module may be started as a worker: `new URL('./x.ts', import.meta.url)`. */
  readonly starts?: readonly string[];
}

const features = [
  'open',
  'inspect',
  'recipe',
  'train',
  'text',
  'search',
  'charts',
  'compare',
  'export',
  'learn',
];
const featureRooms = features.map((name) => `features/${name}`);

const belowTrain = ['core', 'tensor', 'graph', 'onnx', 'runtime', 'data', 'passes'];
const belowMethods = [...belowTrain, 'analysis', 'train', 'measure'];
const belowRecipe = [...belowMethods, 'methods', 'methods/shared'];
const belowSearch = [...belowRecipe, 'recipe'];
const engine = (names: readonly string[]) => names.map((name) => `engine/${name}`);

/** A folder of engine/methods is the room `engine/methods/*`; two techniques are two rooms. */
const technique = 'engine/methods/*';

const rooms: Readonly<Record<string, Border>> = {
  'engine/core': { rooms: [] },
  'engine/tensor': { rooms: engine(['core']) },
  'engine/graph': { rooms: engine(['core', 'tensor']) },
  'engine/onnx': {
    rooms: engine(['core', 'tensor', 'graph']),
    packages: ['@bufbuild/protobuf'],
  },
  'engine/runtime': {
    rooms: engine(['core', 'tensor', 'graph', 'onnx']),
    typePackages: ['onnxruntime-common'],
  },
  'engine/passes': { rooms: engine(['core', 'tensor', 'graph', 'runtime']) },
  'engine/analysis': { rooms: engine(['core', 'tensor', 'graph', 'runtime']) },
  'engine/data': {
    rooms: engine(['core', 'tensor']),
    packages: ['fflate', 'jpeg-js', 'fast-png', '@huggingface/tokenizers'],
  },
  'engine/train': { rooms: engine(belowTrain) },
  'engine/measure': {
    rooms: engine(['core', 'tensor', 'graph', 'onnx', 'runtime', 'data', 'analysis']),
    packages: ['fflate'],
  },
  // method.ts, the contract of a technique, and what techniques share.
  'engine/methods/shared': { rooms: engine(belowMethods), packages: ['valibot'] },
  [technique]: {
    rooms: engine([...belowMethods, 'methods/shared']),
    packages: ['valibot'],
  },
  // The tables of all techniques.
  'engine/methods': {
    rooms: [...engine([...belowMethods, 'methods/shared']), technique],
    packages: ['valibot'],
  },
  'engine/recipe': { rooms: engine(belowRecipe), packages: ['valibot'] },
  'engine/search': { rooms: engine(belowSearch) },
  // The façade, and the light one for the page: forms.ts.
  engine: { rooms: engine([...belowSearch, 'search']) },
  'engine/forms': { rooms: engine(['core', 'measure', 'methods', 'recipe', 'search']) },

  cli: {
    rooms: ['engine', 'engine/forms'],
    packages: ['node:', 'onnxruntime-web', 'onnxruntime-common', 'onnxruntime-node'],
  },
  worker: {
    rooms: ['engine', 'engine/forms', 'worker/client'],
    packages: ['onnxruntime-web', 'idb'],
    typePackages: ['onnxruntime-common'],
    starts: ['worker'],
  },
  // What the page loads of the worker's folder: must not pull the engine in.
  'worker/client': {
    rooms: ['engine/forms'],
    types: ['engine', 'worker'],
    starts: ['worker'],
  },
  store: {
    rooms: ['engine/forms', 'worker/client'],
    types: ['engine'],
    packages: ['zustand', 'idb', 'react'],
  },
  ui: { rooms: [], packages: ['react', 'react-dom', 'react-aria-components', 'recharts'] },
  ...Object.fromEntries(
    featureRooms.map((room) => [
      room,
      {
        rooms: ['store', 'ui', 'engine/forms'],
        types: ['engine'],
        packages: ['react'],
      } satisfies Border,
    ]),
  ),
  app: {
    rooms: ['store', 'ui', 'worker/client', 'engine/forms', ...featureRooms],
    types: ['engine'],
    packages: ['react', 'react-dom', 'react-aria-components'],
  },
  main: { rooms: ['app'], packages: ['react', 'react-dom'] },
};

/** Files of a folder that are a room of their own. */
const fileRooms: Readonly<Record<string, string>> = {
  'main.tsx': 'main',
  'engine/index.ts': 'engine',
  'engine/forms.ts': 'engine/forms',
  'engine/methods/index.ts': 'engine/methods',
  'engine/methods/table.ts': 'engine/methods',
  'engine/methods/forms.ts': 'engine/methods',
  'worker/client.ts': 'worker/client',
  'worker/create-client.ts': 'worker/client',
  'worker/protocol.ts': 'worker/client',
};

/** The room of a file, by its path inside src; undefined where the table knows no such room. */
function roomOf(file: string): string | undefined {
  const own = fileRooms[file];
  if (own !== undefined) return own;
  const [first, second, third, fourth] = file.split('/');
  if (first === 'engine' && second === 'methods') {
    return fourth === undefined || third === 'shared' ? 'engine/methods/shared' : technique;
  }
  const room = first === 'engine' || first === 'features' ? `${first}/${second}` : first;
  return room !== undefined && room in rooms && !isFileOnlyRoom(room) ? room : undefined;
}

const isFileOnlyRoom = (room: string) =>
  room === 'engine' || room === 'engine/forms' || room === 'main';

const isTest = (file: string) => /\.test\.tsx?$/.test(file) || file.split('/').includes('testing');

type Kind = 'value' | 'type' | 'start';

interface Import {
  readonly specifier: string;
  readonly kind: Kind;
  readonly line: number;
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

function visit(node: SyntaxNode, seen: (node: SyntaxNode) => void): void {
  seen(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, seen);
    }
  }
}

function parse(file: string, text: string): SyntaxNode {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  return program as unknown as SyntaxNode;
}

const lineOf = (text: string, offset: number) => text.slice(0, offset).split('\n').length;

const literal = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Literal' && typeof node['value'] === 'string'
    ? node['value']
    : undefined;

/** The module a node names and how, where it names one. */
function importOf(node: SyntaxNode): { specifier: string | undefined; kind: Kind } | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return {
        specifier: literal(node['source']),
        kind: node['importKind'] === 'type' ? 'type' : 'value',
      };
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return {
        specifier: literal(node['source']),
        kind: node['exportKind'] === 'type' ? 'type' : 'value',
      };
    case 'TSImportType':
      return { specifier: literal(node['source']), kind: 'type' };
    case 'ImportExpression':
      return { specifier: literal(node['source']), kind: 'value' };
    case 'NewExpression': {
      const [target, base] = node['arguments'] as SyntaxNode[];
      const isUrl = isNode(node['callee']) && node['callee']['name'] === 'URL';
      const isRelativeToModule = isNode(base) && base.type === 'MemberExpression';
      return isUrl && isRelativeToModule
        ? { specifier: literal(target), kind: 'start' }
        : undefined;
    }
    default:
      return undefined;
  }
}

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  visit(parse(file, text), (node) => {
    const named = importOf(node);
    if (named?.specifier === undefined) return;
    found.push({
      specifier: named.specifier,
      kind: named.kind,
      line: lineOf(text, node.start),
    });
  });
  return found;
}

/** `@scope/name/deep?url` → `@scope/name`; every `node:x` → `node:`. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Why `imported` may not stand in `file`; undefined where it may. */
function objection(file: string, imported: Import): string | undefined {
  const room = roomOf(file);
  const border = room === undefined ? undefined : rooms[room];
  if (room === undefined || border === undefined) return 'is in no known room';
  const { specifier, kind } = imported;
  if (!specifier.startsWith('.')) {
    // A bare name in `new URL` is not a module.
    if (kind === 'start') return undefined;
    const name = packageOf(specifier);
    if (border.packages?.includes(name)) return undefined;
    if (border.typePackages?.includes(name)) {
      return kind === 'type' ? undefined : `${room} may import only types of ${name}`;
    }
    return `${room} may not import the package ${name}`;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier.replace(/\?.*$/, ''));
  if (target.startsWith('..')) return `${room} may not import from outside src`;
  if (isTest(target)) return 'only tests may import test code';
  // Styles and pictures belong to whoever shows them.
  if (/\.(?:css|svg|png|json)$/.test(target)) return undefined;
  const targetRoom = roomOf(target);
  if (targetRoom === undefined) return `${target} is in no known room`;
  if (targetRoom === technique && room === technique) {
    return folderOf(target) === folderOf(file)
      ? undefined
      : `one technique may not import another (${target})`;
  }
  if (targetRoom === room || border.rooms.includes(targetRoom)) return undefined;
  if (kind === 'start' && border.starts?.includes(targetRoom)) return undefined;
  if (border.types?.includes(targetRoom)) {
    return kind === 'type' ? undefined : `${room} may import only types of ${targetRoom}`;
  }
  return `${room} may not import ${targetRoom} (${target})`;
}

const folderOf = (file: string) => file.split('/').slice(0, 3).join('/');

function violations(file: string, text: string): string[] {
  if (isTest(file)) return [];
  return importsOf(file, text).flatMap((imported) => {
    const reason = objection(file, imported);
    return reason === undefined ? [] : [`src/${file}:${imported.line}: ${reason}`];
  });
}

/** Members that bring in the world: time, chance, output. The engine gets those as arguments. */
const ambient: Readonly<Record<string, readonly string[] | 'all'>> = {
  Math: ['random'],
  Date: ['now'],
  performance: 'all',
  console: 'all',
  crypto: 'all',
};

function ambientWorld(file: string, text: string): string[] {
  const found: string[] = [];
  const report = (node: SyntaxNode, name: string) =>
    found.push(`src/${file}:${lineOf(text, node.start)}: ${name}`);
  visit(parse(file, text), (node) => {
    if (node.type === 'NewExpression' || node.type === 'CallExpression') {
      const args = node['arguments'] as unknown[];
      const callee = node['callee'];
      if (isNode(callee) && callee['name'] === 'Date' && args.length === 0) report(node, 'Date()');
    }
    if (node.type !== 'MemberExpression' || !isNode(node['object'])) return;
    const object = node['object'];
    const name = object.type === 'Identifier' ? String(object['name']) : '';
    const property = node['property'];
    if (name === 'globalThis') report(node, 'globalThis');
    const banned = Object.hasOwn(ambient, name) ? ambient[name] : undefined;
    if (banned === undefined || !isNode(property)) return;
    const member = String(property['name'] ?? property['value']);
    if (banned === 'all' || banned.includes(member)) report(node, `${name}.${member}`);
  });
  return found;
}

const sources = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => path.relative(src, path.join(entry.parentPath, entry.name)))
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => !file.endsWith('.d.ts') && file !== 'architecture.test.ts')
  .toSorted();
const textOf = (file: string) => readFileSync(path.join(src, file), 'utf8');

describe('the borders of src', () => {
  test('every file is in a room of the table', () => {
    const homeless = sources.filter((file) => !isTest(file) && roomOf(file) === undefined);
    expect(homeless, 'a new room needs a row in the table').toEqual([]);
    expect(sources.length).toBeGreaterThan(20);
  });

  test('the table names only rooms that it has', () => {
    const named = Object.values(rooms).flatMap((border) => [
      ...border.rooms,
      ...(border.types ?? []),
      ...(border.starts ?? []),
    ]);
    expect(named.filter((room) => !(room in rooms))).toEqual([]);
  });

  test('no import crosses a forbidden border', () => {
    expect(sources.flatMap((file) => violations(file, textOf(file)))).toEqual([]);
  });

  test('the engine has no clock, chance or console of its own', () => {
    const engineFiles = sources.filter((file) => file.startsWith('engine/') && !isTest(file));
    expect(engineFiles.flatMap((file) => ambientWorld(file, textOf(file)))).toEqual([]);
  });

  test('React enters the store through one file at most', () => {
    const withReact = sources
      .filter((file) => roomOf(file) === 'store' && !isTest(file))
      .filter((file) =>
        importsOf(file, textOf(file)).some(
          ({ specifier }) => specifier === 'react' || specifier === 'zustand',
        ),
      );
    expect(withReact.length, withReact.join(', ')).toBeLessThanOrEqual(1);
  });

  test('the light façade stays light', () => {
    const heavy = /^engine\/(?:tensor|graph|onnx|runtime|passes|train)\/|\/(?:plan|apply)\.ts$/;
    const loaded = new Set<string>();
    const load = (file: string) => {
      if (loaded.has(file) || !sources.includes(file)) return;
      loaded.add(file);
      for (const { specifier, kind } of importsOf(file, textOf(file))) {
        if (kind !== 'value' || !specifier.startsWith('.')) continue;
        load(path.posix.join(path.posix.dirname(file), specifier));
      }
    };
    load('engine/forms.ts');
    expect([...loaded].filter((file) => heavy.test(file))).toEqual([]);
  });
});

describe('a planted violation is caught', () => {
  const planted: readonly [what: string, file: string, text: string][] = [
    ['a static import', 'engine/core/a.ts', "import { x } from '../graph/model.ts';"],
    ['a type import', 'engine/graph/a.ts', "import type { X } from '../onnx/read.ts';"],
    ['an inline type import', 'store/a.ts', "import { type X } from '../engine/index.ts';"],
    ['a dynamic import', 'ui/a.tsx', "const x = await import('../store/index.ts');"],
    ['an export-from', 'engine/tensor/a.ts', "export { x } from '../runtime/port.ts';"],
    ['an export-all', 'engine/data/a.ts', "export * from '../graph/index.ts';"],
    ['an import in a type', 'ui/a.ts', "type X = import('../engine/index.ts').Model;"],
    [
      'a worker started from afar',
      'features/open/a.ts',
      "new Worker(new URL('../../worker/studio.worker.ts', import.meta.url));",
    ],
    ['a deep import by the worker', 'worker/a.ts', "import { x } from '../engine/onnx/read.ts';"],
    ['a deep import by the cli', 'cli/a.ts', "import { x } from '../engine/core/index.ts';"],
    ['the engine as a value in the store', 'store/a.ts', "import { x } from '../engine/index.ts';"],
    ['one feature in another', 'features/open/a.ts', "import { x } from '../train/b.ts';"],
    ['one technique in another', 'engine/methods/a/a.ts', "import { x } from '../b/plan.ts';"],
    ['shared code that knows a technique', 'engine/methods/shared/a.ts', "import '../b/plan.ts';"],
    ['the engine in the page, by the client', 'worker/client.ts', "import './workspace.ts';"],
    ['a package in the engine', 'engine/graph/a.ts', "import { x } from 'fflate';"],
    ['a package as a value', 'engine/runtime/a.ts', "import { x } from 'onnxruntime-common';"],
    ['Node in the engine', 'engine/onnx/a.ts', "import { x } from 'node:fs';"],
    ['charts in a feature', 'features/compare/a.tsx', "import { x } from 'recharts';"],
    ['main beyond the app', 'main.tsx', "import { x } from './store/index.ts';"],
    ['test code', 'engine/core/a.ts', "import { x } from './testing/b.ts';"],
    ['outside src', 'cli/a.ts', "import { x } from '../../scripts/x.mjs';"],
    ['a room without a row', 'helpers/a.ts', "import { x } from './b.ts';"],
  ];

  test.each(planted)('%s', (_, file, text) => {
    const found = violations(file, `// first line\n${text}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`src/${file}:2: `);
  });

  test.each([
    [
      'types of the engine in the store',
      'store/a.ts',
      "import type { X } from '../engine/index.ts';",
    ],
    ['a neighbour', 'engine/graph/a.ts', "import { x } from './model.ts';"],
    [
      'the client starting its worker',
      'worker/client.ts',
      "new URL('./a.worker.ts', import.meta.url);",
    ],
    ['a comment', 'engine/core/a.ts', "// import { x } from '../graph/model.ts';"],
    ['a string', 'engine/core/a.ts', 'const x = "import y from \'../graph/model.ts\'";'],
    ['anything in a test', 'engine/core/a.test.ts', "import { x } from '../graph/model.ts';"],
  ])('%s is allowed', (_, file, text) => {
    expect(violations(file, text)).toEqual([]);
  });

  test.each([
    'const x = Math.random();',
    'const x = Date.now();',
    'const x = new Date();',
    'const x = performance.now();',
    "console.log('x');",
    "const x = Math['random']();",
    'globalThis.setTimeout(f, 1);',
  ])('the world in the engine: %s', (text) => {
    expect(ambientWorld('engine/core/a.ts', text)).toHaveLength(1);
  });

  test.each(['const x = Math.max(1, 2);', '// Math.random()', 'const x = { console: 1 };'])(
    'no world: %s',
    (text) => {
      expect(ambientWorld('engine/core/a.ts', text)).toEqual([]);
    },
  );
});
