import { describe, expect, it } from 'vitest';
import { isSpan, joinParts, partsSize, unwrap } from '../core/index.ts';
import { allNodes, edit, verify } from '../graph/index.ts';
import { modelSize, readModel, writeBytes, writeModel } from './index.ts';
import {
  bytes,
  graph,
  info,
  join,
  message,
  model,
  node,
  opset,
  tensor,
  type Field,
} from './testing/encode.ts';
import { fileLike } from './testing/file-source.ts';
import { fixture, fixtureNames, sharedModel, sharedModels } from './testing/fixtures.ts';
import { outline, sameMessage } from './testing/same-message.ts';

const roundTrip = (file: Uint8Array): Uint8Array =>
  joinParts(writeModel(unwrap(readModel(file))).parts);

function expectUnchanged(file: Uint8Array): void {
  const written = roundTrip(file);
  expect(outline(written)).toEqual(outline(file));
  expect(sameMessage(written, file)).toBe(true);
}

describe('an untouched model is written as it was', () => {
  it.each(fixtureNames)('%s', (name) => {
    const file = fixture(name);
    expectUnchanged(file);
    expect(verify(unwrap(readModel(file)))).toEqual([]);
  });

  it.each(fixtureNames)('%s, read in windows from a file', (name) => {
    const file = fixture(name);
    const written = joinParts(writeModel(unwrap(readModel(fileLike(file)))).parts);
    expect(outline(written)).toEqual(outline(file));
  });

  it.each(fixtureNames)('%s, after an edit that changes nothing', (name) => {
    const file = fixture(name);
    const copy = edit(unwrap(readModel(file)), () => undefined);
    expect(sameMessage(writeBytes(copy), file)).toBe(true);
  });

  if (sharedModels.length === 0) it.skip('real models: not run, ../shared/models is absent');
  else
    it.each(sharedModels)('real model %s', (name) => {
      const file = sharedModel(name);
      const read = unwrap(readModel(file));
      expect(sameMessage(joinParts(writeModel(read).parts), file)).toBe(true);
      expect(modelSize(read)).toBe(file.length);
      expect(verify(read)).toEqual([]);
    });
});

/** Where the schema has a place for it and the fixtures have none of it. */
const unusual: Readonly<Record<string, Uint8Array>> = {
  'explicit empty strings and zeros': model(
    graph([[...node('Relu', ['x'], ['y']), [3, ''], [6, ''], [7, '']]], [10, '']),
    [2, ''],
    [3, ''],
    [4, ''],
    [5, 0],
    [6, ''],
  ),
  'no graph name, attribute values left out (protobuf 3)': message(
    [1, 10],
    [
      7,
      [
        [
          1,
          node(
            'Foo',
            ['x'],
            ['y'],
            [
              [1, 'i'],
              [20, 2],
            ],
            [
              [1, 'f'],
              [20, 1],
            ],
            [
              [1, 's'],
              [20, 3],
            ],
          ),
        ],
        [11, info('x')],
        [12, info('y')],
      ],
    ],
    opset(),
  ),
  'attributes of the first files, without type': model(
    graph([
      node(
        'Foo',
        ['x'],
        ['y'],
        [
          [1, 'i'],
          [3, 5],
        ],
        [
          [1, 'l'],
          [8, 1],
          [8, 2],
        ],
      ),
    ]),
  ),
  'attributes: reference to a function’s, types, sparse tensors, no value, two values': model(
    graph([
      node(
        'Foo',
        ['x'],
        ['y'],
        [
          [1, 'r'],
          [21, 'outer'],
          [20, 2],
        ],
        [
          [1, 't'],
          [14, [[4, [[1, [[1, [[1, 1]]]]]]]]],
          [20, 13],
        ],
        [
          [1, 'n'],
          [20, 0],
        ],
        [
          [1, 'two'],
          [3, 1],
          [2, { float: 2 }],
          [20, 2],
        ],
        [
          [1, 's'],
          [
            22,
            [
              [1, tensor('')],
              [
                2,
                [
                  [1, 1],
                  [2, 7],
                  [9, new Uint8Array(8)],
                ],
              ],
              [3, 4],
            ],
          ],
          [20, 11],
        ],
      ),
    ]),
  ),
  'NaN with a payload, infinities, negative zero': model(
    graph([
      node(
        'Foo',
        ['x'],
        ['y'],
        join(message([1, 'n']), bytes(0x15, 1, 0, 0xa0, 0x7f), message([20, 1])) as never,
      ),
    ]),
  ),
  'doc strings, metadata, devices, overload on every message': model(
    graph(
      [
        [
          ...node(
            'Relu',
            ['x'],
            ['y'],
            [
              [1, 'a'],
              [13, 'doc'],
              [3, 1],
              [20, 2],
            ],
          ),
          [6, 'doc'],
          [8, 'o'],
          [
            9,
            [
              [1, 'k'],
              [2, 'v'],
            ],
          ],
          [10, [[1, 'd']]],
        ],
      ],
      [10, 'doc'],
      [
        16,
        [
          [1, 'k'],
          [2, 'v'],
        ],
      ],
      [
        14,
        [
          [1, 'x'],
          [
            2,
            [
              [1, 'SCALE_TENSOR'],
              [2, 's'],
            ],
          ],
        ],
      ],
      [
        5,
        [
          ...tensor('w'),
          [12, 'doc'],
          [
            16,
            [
              [1, 'k'],
              [2, 'v'],
            ],
          ],
        ],
      ],
      [
        13,
        [
          ...info('w'),
          [3, 'doc'],
          [
            4,
            [
              [1, 'k'],
              [2, 'v'],
            ],
          ],
        ],
      ],
    ),
    [6, 'doc'],
    [
      14,
      [
        [1, 'k'],
        [2, 'v'],
      ],
    ],
    [
      14,
      [
        [1, 'k'],
        [2, 'w'],
      ],
    ],
    [
      26,
      [
        [1, 'device'],
        [2, 2],
      ],
    ],
  ),
  'unknown fields on every message': model(
    graph(
      [
        [
          ...node(
            'Relu',
            ['x'],
            ['y'],
            [
              [1, 'a'],
              [3, 1],
              [20, 2],
              [99, 'u'],
            ],
          ),
          [99, 'u'],
        ],
      ],
      [99, 'u'],
      [5, [...tensor('w'), [99, 'u']]],
      [13, [...info('w'), [99, 'u']]],
    ),
    [99, 'u'],
    [
      8,
      [
        [1, 'd'],
        [2, 1],
        [99, 'u'],
      ],
    ],
  ),
  'shapes with denotations, unknown and negative sizes, no type, explicit undefined': model([
    [1, node('Foo', ['x', 'a', 'b', 'c'], ['y'])],
    [
      11,
      info('x', [
        [
          1,
          [
            [1, 1],
            [
              2,
              [
                [1, [[1, -1]]],
                [1, []],
                [
                  1,
                  [
                    [2, 'N'],
                    [3, 'BATCH'],
                  ],
                ],
                [1, [[1, 0]]],
              ],
            ],
          ],
        ],
        [6, 'IMAGE'],
      ]),
    ],
    [11, [[1, 'a']]],
    [11, info('b', [[1, [[1, 0]]]])],
    [11, info('c', [[1, []]])],
    [12, info('y', [[9, [[1, [[4, [[1, [[1, [[1, 8]]]]]]]]]]]])],
  ]),
  'the same value listed several times, each with its own type': model([
    [1, node('Relu', ['x'], ['y'])],
    [
      11,
      info('x', [
        [
          1,
          [
            [1, 1],
            [2, [[1, [[1, 1]]]]],
          ],
        ],
      ]),
    ],
    [12, info('y', [[1, [[1, 1]]]])],
    [
      12,
      info('y', [
        [
          1,
          [
            [1, 1],
            [2, [[1, [[1, 1]]]]],
          ],
        ],
      ]),
    ],
    [
      13,
      info('y', [
        [
          1,
          [
            [1, 1],
            [2, [[1, [[2, 'N']]]]],
          ],
        ],
      ]),
    ],
    [13, info('x')],
    [13, [[1, 'x']]],
    [13, info('nobody')],
    [13, info('nobody')],
  ]),
  'ai.onnx by its alias, domains without a version, opsets twice': message(
    [1, 10],
    [
      7,
      graph([
        [...node('Relu', ['x'], ['z']), [7, 'ai.onnx']],
        [...node('Foo', ['z'], ['y']), [7, 'my.domain']],
      ]),
    ],
    opset(17, 'ai.onnx'),
    opset(17, 'ai.onnx'),
    opset(3, 'other'),
  ),
  'no operator set before version 3': message([1, 2], [7, graph(undefined)]),
  'optional inputs and outputs left out, also last': model(
    graph([node('Foo', ['x', '', 'x', ''], ['', 'y', ''])]),
  ),
  'nodes out of order': model(graph([node('Relu', ['a'], ['y']), node('Relu', ['x'], ['a'])])),
  'names that are not UTF-8, right to left, emoji, markup': model(
    graph([
      [
        [1, 'x'],
        [2, bytes(0xff, 0x41)],
        [4, 'Relu'],
      ],
      [
        [1, bytes(0xff, 0x41)],
        [2, bytes(0xfe, 0x41)],
        [4, 'Relu'],
      ],
      node('Relu', ['x'], ['<script>', 'שלום', '🙂']),
      [
        [1, bytes(0xfe, 0x41)],
        [2, 'y'],
        [4, 'Relu'],
      ],
    ]),
  ),
  'a sparse initializer, between dense ones': model(
    graph(
      [node('Foo', ['x', 's', 'w'], ['y'])],
      [5, tensor('v')],
      [
        15,
        [
          [1, tensor('s')],
          [
            2,
            [
              [1, 1],
              [2, 7],
              [9, bytes(3, 0, 0, 0, 0, 0, 0, 0)],
            ],
          ],
          [3, 2],
          [3, 2],
        ],
      ],
      [5, tensor('w')],
    ),
  ),
  'an initializer that is an input and an output, with a default': model([
    [11, info('x')],
    [5, tensor('x')],
    [12, info('x')],
  ]),
  'a function and training info': model(
    graph([[...node('F', ['x'], ['y']), [7, 'local']]]),
    opset(1, 'local'),
    [
      25,
      [
        [1, 'F'],
        [10, 'local'],
        [4, 'a'],
        [5, 'b'],
        [
          7,
          node(
            'Relu',
            ['a'],
            ['b'],
            [
              [1, 't'],
              [5, tensor('')],
              [20, 4],
            ],
          ),
        ],
      ],
    ],
    [
      20,
      [
        [1, graph(undefined)],
        [2, graph(undefined, [5, tensor('w')])],
        [
          3,
          [
            [1, 'w'],
            [2, 'y'],
          ],
        ],
      ],
    ],
  ),
  'integers at the ends of their range, packed and not': model(
    graph([
      node(
        'Foo',
        ['x'],
        ['y'],
        [
          [1, 'i'],
          [3, 9223372036854775807n],
          [20, 2],
        ],
        [
          [1, 'l'],
          [8, -9223372036854775808n],
          [8, 9007199254740993n],
          [8, -1],
          [8, 0],
          [20, 7],
        ],
      ),
    ]),
    [5, 9223372036854775807n],
  ),
};

describe('whatever a file may hold survives', () => {
  it.each(Object.keys(unusual))('%s', (name) => {
    expectUnchanged(unusual[name] as Uint8Array);
  });

  it('packed lists become unpacked ones, which is the same message', () => {
    const packed = model(
      graph([
        node(
          'Foo',
          ['x'],
          ['y'],
          [
            [1, 'l'],
            [8, bytes(1, 2, 0x80, 1)],
            [20, 7],
          ],
          [
            [1, 'f'],
            [7, bytes(0, 0, 128, 63)],
            [20, 6],
          ],
        ),
      ]),
    );
    expect(sameMessage(roundTrip(packed), packed)).toBe(true);
  });
});

/** One tensor of every type, in each field that may hold it. */
const dtypes: readonly [code: number, name: string, data: Field[]][] = [
  [1, 'float32', [[4, bytes(0, 0, 128, 63, 0, 0, 0, 64)]]],
  [11, 'float64', [[10, new Uint8Array(16)]]],
  [14, 'complex64', [[4, new Uint8Array(16)]]],
  [15, 'complex128', [[10, new Uint8Array(32)]]],
  [7, 'int64', [[7, bytes(5, 0x80, 1)]]],
  [12, 'uint32', [[11, bytes(5, 0x80, 1)]]],
  [13, 'uint64', [[11, bytes(5, 0x80, 1)]]],
  ...([2, 3, 4, 5, 6, 9, 10, 16, 17, 18, 19, 20, 24, 27, 28] as const).map(
    (code): [number, string, Field[]] => [code, `type ${code} in int32_data`, [[5, bytes(1, 0)]]],
  ),
  ...([21, 22, 23, 25, 26] as const).map((code): [number, string, Field[]] => [
    code,
    `packed type ${code} in int32_data`,
    [[5, bytes(0x0b)]],
  ]),
  [
    8,
    'string',
    [
      [6, 'a'],
      [6, bytes(0xff)],
    ],
  ],
];

describe('tensors of every type', () => {
  it.each(dtypes)('%i: %s', (code, _name, data) => {
    const inGraph = (fields: Field[]): Uint8Array =>
      model(graph([node('Foo', ['x', 'w'], ['y'])], [5, [[1, 2], [2, code], [8, 'w'], ...fields]]));
    expectUnchanged(inGraph(data));
    const read = unwrap(readModel(inGraph(data)));
    const constant = read.graph.constants[0]?.constant;
    if (constant === undefined || Array.isArray(constant.data)) return;
    // As raw_data the bytes that the typed field stands for make the same tensor.
    const raw = constant.data as {
      source: { read(offset: number, length: number): Uint8Array };
      offset: number;
      length: number;
    };
    const again = unwrap(readModel(inGraph([[9, raw.source.read(raw.offset, raw.length)]])));
    expectUnchanged(writeBytes(again));
    expect(again.graph.constants[0]?.constant?.dims).toEqual([2]);
  });
});

describe('edits and the notes of the codec', () => {
  const source = unusual['doc strings, metadata, devices, overload on every message'] as Uint8Array;

  it('a changed part is written changed, the rest as it was', () => {
    const before = unwrap(readModel(source));
    const after = edit(before, (e) => {
      const relu = before.graph.nodes[0];
      if (relu === undefined) throw new Error('no node');
      e.setAttribute(relu, 'a', { kind: 'int', value: 7 });
      e.setMetadata('k', 'new');
      e.setOpset('', 18);
    });
    const text = Buffer.from(writeBytes(after)).toString('latin1');
    const read = unwrap(readModel(writeBytes(after)));
    expect(read.graph.nodes[0]?.attributes.get('a')).toMatchObject({ kind: 'int', value: 7 });
    expect([...read.metadata]).toEqual([['k', 'new']]);
    expect([...read.opsets]).toEqual([['', 18]]);
    expect(text.match(/doc/g)?.length).toBe(
      (Buffer.from(source).toString('latin1').match(/doc/g)?.length as number) - 1,
    );
  });

  it('a type that an edit replaced is not overruled by what the file said', () => {
    const before = unwrap(
      readModel(
        unusual['the same value listed several times, each with its own type'] as Uint8Array,
      ),
    );
    const after = edit(before, (e) => {
      for (const value of before.graph.outputs)
        e.setType(value, { kind: 'tensor', dtype: 'float32', dims: [7] });
    });
    const read = unwrap(readModel(writeBytes(after)));
    for (const value of read.graph.outputs) expect(value.type).toMatchObject({ dims: [7] });
    expect(read.graph.opaque).toMatchObject({ outputs: new Map() });
  });

  it('a renamed initializer keeps its bytes and loses only its name', () => {
    const file = model(
      graph([node('Foo', ['x', 'w'], ['y'])], [5, [...tensor('w'), [12, 'doc'], [99, 'u']]]),
    );
    const before = unwrap(readModel(file));
    const value = before.graph.constants[0];
    if (value === undefined) throw new Error('no constant');
    const read = unwrap(readModel(writeBytes(edit(before, (e) => e.rename(value, 'longer name')))));
    const renamed = read.graph.constants[0];
    expect(renamed?.name).toBe('longer name');
    expect([...allNodes(read.graph)][0]?.inputs[1]).toBe(renamed);
    const origin = renamed?.constant?.origin;
    const text = Buffer.from(
      origin === undefined ? [] : origin.source.read(origin.offset, origin.length),
    ).toString('latin1');
    expect(text).toContain('doc');
    expect(text).toContain('u');
  });

  it('writes what it copied nothing of: weights stay spans of the file', () => {
    const weights = new Uint8Array(100_000).fill(7);
    const file = model(
      graph(
        [node('Foo', ['x', 'w'], ['y'])],
        [
          5,
          [
            [1, 25_000],
            [2, 1],
            [8, 'w'],
            [9, weights],
          ],
        ],
      ),
    );
    const { parts } = writeModel(unwrap(readModel(file)));
    const spans = parts.filter(isSpan);
    expect(spans.map((span) => span.length)).toEqual([weights.length + 13]);
    expect(partsSize(parts)).toBe(file.length);
    expect(spans[0]?.source.read(0, file.length).buffer).toBe(file.buffer);
  });
});
