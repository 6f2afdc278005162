import { describe, expect, it } from 'vitest';
import {
  type ByteSource,
  EngineError,
  joinParts,
  memorySource,
  partsSize,
  unwrap,
} from '../core/index.ts';
import { edit, type Model } from '../graph/index.ts';
import { float32Tensor, tensorBytes } from '../tensor/index.ts';
import { modelSize, readModel, requiredExternalFiles, writeBytes, writeModel } from './index.ts';
import { bytes, graph, model, node, opset, tensor, type Field } from './testing/encode.ts';
import { outline } from './testing/same-message.ts';

/** A tensor float [count] whose data lies outside. */
const outside = (
  name: string,
  count: number,
  entries: Readonly<Record<string, string>>,
): Field[] => [
  [1, count],
  [2, 1],
  [8, name],
  ...Object.entries(entries).map(
    ([key, value]) =>
      [
        13,
        [
          [1, key],
          [2, value],
        ],
      ] as const,
  ),
  [14, 1],
];
const withWeights = (...tensors: readonly (readonly Field[])[]): Uint8Array =>
  model(
    graph(
      [node('Foo', ['x', 'a'], ['y'])],
      [5, tensors[0] ?? []],
      ...tensors.slice(1).map((t) => [5, t] as const),
    ),
  );

const weights = Uint8Array.from({ length: 256 }, (_, i) => i);
const files = (given: Readonly<Record<string, Uint8Array>>): ReadonlyMap<string, ByteSource> =>
  new Map(Object.entries(given).map(([name, data]) => [name, memorySource(data, name)]));
const read = (
  file: Uint8Array,
  given: Readonly<Record<string, Uint8Array>> = { 'w.bin': weights },
): Model => unwrap(readModel(file, { external: files(given) }));

const constantBytes = (m: Model, name: string): Uint8Array => {
  const constant = m.graph.constants.find((value) => value.name === name)?.constant;
  if (constant === undefined) throw new Error(`no constant ${name}`);
  return tensorBytes(constant);
};

describe('external data', () => {
  const two = withWeights(
    outside('a', 4, { location: 'w.bin', offset: '16', length: '16' }),
    outside('b', 2, { location: 'w.bin', offset: '64', length: '8', checksum: 'abc' }),
  );

  it('is read from the file given, without copying', () => {
    const m = read(two);
    expect([...constantBytes(m, 'a')]).toEqual([...weights.subarray(16, 32)]);
    expect([...constantBytes(m, 'b')]).toEqual([...weights.subarray(64, 72)]);
    expect(constantBytes(m, 'a').buffer).toBe(weights.buffer);
  });

  it('without offset and length starts at 0 and has what the dims ask for', () => {
    const m = read(withWeights(outside('a', 4, { location: './w.bin' })));
    expect([...constantBytes(m, 'a')]).toEqual([...weights.subarray(0, 16)]);
  });

  it('in a folder is found by path or by name', () => {
    const file = withWeights(outside('a', 4, { location: 'sub/w.bin' }));
    expect(constantBytes(read(file, { 'sub/w.bin': weights }), 'a')[1]).toBe(1);
    expect(constantBytes(read(file, { 'w.bin': weights }), 'a')[1]).toBe(1);
  });

  it('two tensors may share a range', () => {
    const entries = { location: 'w.bin', offset: '0', length: '16' };
    const m = read(withWeights(outside('a', 4, entries), outside('b', 4, entries)));
    expect(constantBytes(m, 'a')).toEqual(constantBytes(m, 'b'));
  });

  it('names the files it needs', () => {
    const file = model(
      graph(
        [
          node(
            'C',
            [],
            ['y'],
            [
              [1, 'v'],
              [5, outside('', 1, { location: 'in-attribute.bin' })],
              [20, 4],
            ],
          ),
        ],
        [5, outside('a', 4, { location: 'w.bin' })],
        [5, outside('b', 4, { location: './w.bin' })],
      ),
      [
        25,
        [
          [1, 'F'],
          [10, 'local'],
          [
            7,
            node(
              'C',
              [],
              ['z'],
              [
                [1, 'v'],
                [5, outside('', 1, { location: 'in-function.bin' })],
                [20, 4],
              ],
            ),
          ],
        ],
      ],
    );
    expect(requiredExternalFiles(file)).toEqual(['in-attribute.bin', 'w.bin', 'in-function.bin']);
    expect(requiredExternalFiles(model())).toEqual([]);
    expect(requiredExternalFiles(bytes(1, 2, 3))).toEqual([]);
  });

  const refused: readonly (readonly [string, Readonly<Record<string, string>>, string, RegExp])[] =
    [
      ['a missing file', { location: 'other.bin' }, 'onnx/external-missing', /"other.bin"/],
      ['the wrong case', { location: 'W.bin' }, 'onnx/external-missing', /"W.bin"/],
      ['a parent folder', { location: '../w.bin' }, 'onnx/external-path', /leaves its folder/],
      [
        'a parent folder inside',
        { location: 'a/../../w.bin' },
        'onnx/external-path',
        /leaves its folder/,
      ],
      ['an absolute path', { location: '/etc/passwd' }, 'onnx/external-path', /absolute/],
      ['a drive', { location: 'C:w.bin' }, 'onnx/external-path', /drive/],
      ['a URL', { location: 'https://host/w.bin' }, 'onnx/external-path', /drive/],
      ['a backslash', { location: '..\\w.bin' }, 'onnx/external-path', /backslash/],
      ['a NUL', { location: 'w.bin\0' }, 'onnx/external-path', /control/],
      ['an empty name', { location: '' }, 'onnx/external-path', /names no file/],
      ['only a dot', { location: './' }, 'onnx/external-path', /names no file/],
      ['an empty step', { location: 'a//w.bin' }, 'onnx/external-path', /leaves its folder/],
      [
        'an address in memory',
        { location: '*/_ORT_MEM_ADDR_/*' },
        'onnx/external-path',
        /address in memory/,
      ],
      ['no location', { offset: '0' }, 'onnx/external-path', /names no file/],
      [
        'an unknown key',
        { location: 'w.bin', basepath: '/' },
        'onnx/external-path',
        /unknown key "basepath"/,
      ],
      [
        'a range past the end',
        { location: 'w.bin', offset: '244' },
        'onnx/external-range',
        /244 to 260 of "w.bin", which has 256/,
      ],
      ['a negative offset', { location: 'w.bin', offset: '-1' }, 'onnx/external-range', /"-1"/],
      [
        'a hexadecimal offset',
        { location: 'w.bin', offset: '0x1' },
        'onnx/external-range',
        /"0x1"/,
      ],
      [
        'a huge offset',
        { location: 'w.bin', offset: '9'.repeat(16) },
        'onnx/external-range',
        /9999/,
      ],
      [
        'a length that the dims do not ask for',
        { location: 'w.bin', length: '8' },
        'onnx/size-mismatch',
        /8 bytes of external data, dims and type ask for 16/,
      ],
    ];

  it.each(refused)('refuses %s', (_name, entries, code, detail) => {
    const result = readModel(withWeights(outside('a', 4, entries)), {
      external: files({ 'w.bin': weights }),
    });
    if (result.ok) throw new Error('was read');
    expect(result.error.code).toBe(code);
    expect(result.error.where).toBe('graph.initializer[0]');
    expect(result.error.detail).toMatch(detail);
  });

  it('refuses data here and elsewhere, strings elsewhere, and no entries at all', () => {
    const both: Field[] = [...outside('a', 1, { location: 'w.bin' }), [9, bytes(0, 0, 0, 0)]];
    expect(readModel(withWeights(both), { external: files({ 'w.bin': weights }) })).toMatchObject({
      error: { code: 'onnx/malformed' },
    });
    const strings = outside('a', 1, { location: 'w.bin' }).map(
      (field): Field => (field[0] === 2 ? [2, 8] : field),
    );
    expect(
      readModel(withWeights(strings), { external: files({ 'w.bin': weights }) }),
    ).toMatchObject({ error: { code: 'onnx/bad-type' } });
    expect(readModel(withWeights(outside('a', 1, {})))).toMatchObject({
      error: { code: 'onnx/external-path' },
    });
  });

  const evil = outside('t', 1, { location: '../../secret' });
  const hiding: Readonly<Record<string, Uint8Array>> = {
    'graph.node[0].attribute[0].t': model(
      graph([
        node(
          'C',
          [],
          ['y'],
          [
            [1, 'v'],
            [5, evil],
            [20, 4],
          ],
        ),
      ]),
    ),
    'graph.node[0].attribute[0].tensors[0]': model(
      graph([
        node(
          'C',
          [],
          ['y'],
          [
            [1, 'v'],
            [10, evil],
            [20, 9],
          ],
        ),
      ]),
    ),
    'graph.node[0].attribute[0].g.initializer[0]': model(
      graph([
        node(
          'If',
          ['x'],
          ['y'],
          [
            [1, 'b'],
            [
              6,
              [
                [5, evil],
                [12, [[1, 't']]],
              ],
            ],
            [20, 5],
          ],
        ),
      ]),
    ),
    'graph.node[0].attribute[0].sparse_tensor[0].values[0]': model(
      graph([
        node(
          'C',
          [],
          ['y'],
          [
            [1, 'v'],
            [
              22,
              [
                [1, evil],
                [2, evil],
              ],
            ],
            [20, 11],
          ],
        ),
      ]),
    ),
    'graph.sparse_initializer[0].values': model(
      graph(undefined, [
        15,
        [
          [1, evil],
          [2, evil],
        ],
      ]),
    ),
    'functions[0].node[0].attribute[0].t[0]': model(graph(undefined), [
      25,
      [
        [1, 'F'],
        [
          7,
          node(
            'C',
            [],
            ['z'],
            [
              [1, 'v'],
              [5, evil],
              [20, 4],
            ],
          ),
        ],
      ],
    ]),
    'functions[0].attribute_proto[0].t[0]': model(graph(undefined), [
      25,
      [
        [1, 'F'],
        [
          11,
          [
            [1, 'v'],
            [5, evil],
            [20, 4],
          ],
        ],
      ],
    ]),
    'training_info[0].algorithm[0].initializer[0]': model(graph(undefined), [
      20,
      [[2, [[5, evil]]]],
    ]),
  };

  it.each(Object.keys(hiding))('finds a reference hidden in %s', (where) => {
    const result = readModel(hiding[where] as Uint8Array);
    if (result.ok) throw new Error('was read');
    expect(result.error).toMatchObject({ code: 'onnx/external-path', where });
  });

  describe('written', () => {
    it('stays outside, the file byte for byte, the model message for message', () => {
      const { parts, external } = writeModel(read(two));
      expect(outline(joinParts(parts))).toEqual(outline(two));
      expect(external.map((file) => file.path)).toEqual(['w.bin']);
      expect(joinParts(external[0]?.parts ?? [])).toEqual(weights);
      expect(modelSize(read(two))).toBe(two.length + 256);
    });

    it('refuses to write a path that readers refuse', () => {
      for (const path of ['../w.bin', '/w.bin', '', 'a\\b'])
        expect(() => writeModel(read(two), { external: { path, minBytes: 1 } })).toThrow(
          EngineError,
        );
    });

    it('comes inside when asked to', () => {
      const written = writeModel(read(two), { external: 'embed' });
      expect(written.external).toEqual([]);
      const again = unwrap(readModel(joinParts(written.parts)));
      expect([...constantBytes(again, 'a')]).toEqual([...weights.subarray(16, 32)]);
      expect(again.graph.constants.map((value) => value.name)).toEqual(['a', 'b']);
    });

    it('loses what an edit took away', () => {
      const before = read(two);
      const [a] = before.graph.constants;
      if (a === undefined) throw new Error('no constant');
      const after = edit(before, (e) => e.setConstant(a, float32Tensor([2], [1, 2])));
      const { parts, external } = writeModel(after);
      expect(external.map((file) => [file.path, partsSize(file.parts)])).toEqual([['w.bin', 8]]);
      const again = unwrap(
        readModel(joinParts(parts), {
          external: files({ 'w.bin': joinParts(external[0]?.parts ?? []) }),
        }),
      );
      expect([...constantBytes(again, 'b')]).toEqual([...weights.subarray(64, 72)]);
      expect([...new Float32Array(constantBytes(again, 'a').slice().buffer)]).toEqual([1, 2]);
      // With both replaced no file is left.
      const [, b] = before.graph.constants;
      if (b === undefined) throw new Error('no constant');
      const none = edit(after, (e) =>
        e.setConstant(after.graph.constants[1] ?? b, float32Tensor([1], [3])),
      );
      expect(writeModel(none).external).toEqual([]);
    });

    it('goes out into one file when asked to, each range once, aligned', () => {
      const data = new Uint8Array(100).fill(9);
      const big: Field[] = [
        [1, 25],
        [2, 1],
        [9, data],
      ];
      const before = unwrap(
        readModel(
          model(
            graph(
              [node('Foo', ['x', 'a'], ['y'])],
              [5, [...big, [8, 'a']]],
              [5, tensor('small')],
              [5, [...big, [8, 'b']]],
            ),
          ),
        ),
      );
      const written = writeModel(before, { external: { path: 'out.bin', minBytes: 50 } });
      expect(written.external.map((file) => [file.path, partsSize(file.parts)])).toEqual([
        ['out.bin', 128 + 100],
      ]);
      expect(modelSize(before, { external: { path: 'out.bin', minBytes: 50 } })).toBe(
        partsSize(written.parts) + 228,
      );
      const again = unwrap(
        readModel(joinParts(written.parts), {
          external: files({ 'out.bin': joinParts(written.external[0]?.parts ?? []) }),
        }),
      );
      for (const name of ['a', 'b']) expect(constantBytes(again, name)).toEqual(data);
      expect(again.graph.constants[1]?.constant?.data).toMatchObject({ length: 4 });
      expect(outline(writeBytes(again))).toEqual(outline(writeBytes(before)));
    });

    it('keeps whole the files that encoded parts refer to', () => {
      const file = model(graph([node('F', ['x'], ['y'])]), opset(1, 'local'), [
        25,
        [
          [1, 'F'],
          [10, 'local'],
          [
            7,
            node(
              'C',
              [],
              ['z'],
              [
                [1, 'v'],
                [5, outside('', 1, { location: 'w.bin' })],
                [20, 4],
              ],
            ),
          ],
        ],
      ]);
      for (const external of ['keep', 'embed', { path: 'w.bin', minBytes: 1 }] as const) {
        const written = writeModel(read(file), { external });
        expect(written.external.map((f) => [f.path, partsSize(f.parts)])).toEqual([['w.bin', 256]]);
      }
    });
  });
});
