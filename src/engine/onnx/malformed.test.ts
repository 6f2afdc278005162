import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../core/index.ts';
import { readModel } from './index.ts';
import { maxGraphDepth, maxObjects } from './schema.ts';
import {
  bytes,
  floatType,
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
import { fixture } from './testing/fixtures.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const file = (fields: readonly Field[]): Uint8Array => model(graph(undefined, ...fields));
const withTensor = (...fields: readonly Field[]): Uint8Array => file([[5, [...fields, [8, 'w']]]]);
const withRaw = (...values: readonly number[]): Uint8Array => join(model(), bytes(...values));

function nestedGraphs(depth: number): Uint8Array {
  let inner: Field[] = graph(undefined);
  let encoded = message(...inner);
  for (let i = 0; i < depth; i++) {
    inner = [
      [
        1,
        [
          [4, 'If'],
          [
            5,
            [
              [1, 'b'],
              [6, encoded],
              [20, 5],
            ],
          ],
        ],
      ],
    ];
    encoded = message(...inner);
  }
  return encoded;
}

const nestedModel = (depth: number): Uint8Array =>
  message([1, 10], [7, nestedGraphs(depth)], opset());

function nestedTypes(depth: number): Uint8Array {
  let type = message([1, [[1, 1]]]);
  for (let i = 0; i < depth; i++) type = message([4, message([1, type])]);
  return file([
    [
      13,
      [
        [1, 'v'],
        [2, type],
      ],
    ],
  ]);
}

const squeezenet = fixture('light_squeezenet.onnx');

/** What the file holds, the code, the place, and a part of the explanation. */
const corpus: readonly (readonly [
  string,
  Uint8Array,
  ErrorCode,
  string | RegExp,
  string | RegExp,
])[] = [
  // 1. Not ONNX at all.
  ['no bytes', bytes(), 'file/empty', 'test.onnx', 'empty'],
  ['one byte', bytes(8), 'file/not-onnx', 'test.onnx', 'a few bytes'],
  [
    'a web page',
    text('<!DOCTYPE html><html><body>404</body></html>'),
    'file/not-onnx',
    'test.onnx',
    'HTML',
  ],
  [
    'a PNG',
    join(bytes(0x89), text('PNG\r\n\x1a\n'), new Uint8Array(64)),
    'file/not-onnx',
    'test.onnx',
    'PNG',
  ],
  ['a zip', join(text('PK\x03\x04'), new Uint8Array(64)), 'file/not-onnx', 'test.onnx', 'zip'],
  [
    'TensorFlow Lite',
    join(bytes(28, 0, 0, 0), text('TFL3'), new Uint8Array(64)),
    'file/not-onnx',
    'test.onnx',
    'TensorFlow Lite',
  ],
  [
    'safetensors',
    join(bytes(2, 0, 0, 0, 0, 0, 0, 0), text('{"a":{}}')),
    'file/not-onnx',
    'test.onnx',
    'safetensors',
  ],
  [
    '.ort',
    join(bytes(28, 0, 0, 0), text('ORTM'), new Uint8Array(64)),
    'file/not-onnx',
    'test.onnx',
    '.ort',
  ],
  ['a pickle', join(bytes(0x80, 2), text('}q\x00.')), 'file/not-onnx', 'test.onnx', 'pickle'],
  ['JSON', text('{"version": 1}'), 'file/not-onnx', 'test.onnx', 'JSON'],
  [
    'a Git LFS pointer',
    text('version https://git-lfs.github.com/spec/v1\n'),
    'file/not-onnx',
    'test.onnx',
    'LFS',
  ],
  ['GGUF', join(text('GGUF'), new Uint8Array(64)), 'file/not-onnx', 'test.onnx', 'GGUF'],
  // 4. Broken encoding.
  [
    'a number of eleven bytes',
    withRaw(0x08, ...Array<number>(10).fill(0x80), 1),
    'onnx/malformed',
    'model',
    'ten bytes',
  ],
  [
    'a number of 65 bits',
    withRaw(0x08, ...Array<number>(9).fill(0x80), 2),
    'onnx/malformed',
    'model',
    '64 bits',
  ],
  ['a number without end', withRaw(0x08, 0x80), 'onnx/truncated', 'model', 'does not end'],
  [
    'a length beyond the file',
    withRaw(0x32, 50, 1, 2),
    'onnx/truncated',
    'model',
    '50 bytes and only 2',
  ],
  [
    'a length of 2^32 − 1',
    withRaw(0x32, 0xff, 0xff, 0xff, 0xff, 0x0f),
    'onnx/truncated',
    'model',
    '4294967295',
  ],
  [
    'a length of 2^63',
    withRaw(0x32, ...Array<number>(9).fill(0x80), 1),
    'onnx/truncated',
    'model',
    '9223372036854776',
  ],
  [
    'a length beyond its message',
    file([[1, bytes(0x0a, 9)]]),
    'onnx/malformed',
    'graph.node[1]',
    '9 bytes in a message',
  ],
  ['a group', withRaw(0x9b, 6), 'onnx/malformed', 'model', 'group'],
  ['the end of a group', withRaw(0x9c, 6), 'onnx/malformed', 'model', 'group'],
  ['wire type 6', withRaw(0x9e, 6), 'onnx/malformed', 'model', 'wire type 6'],
  ['field 0', withRaw(0x02, 0), 'onnx/malformed', 'model', 'impossible'],
  [
    'two graphs',
    model(graph(undefined), [7, graph(undefined)]),
    'onnx/malformed',
    'model',
    'graph is given twice',
  ],
  [
    `graphs ${maxGraphDepth + 1} deep`,
    nestedModel(maxGraphDepth + 1),
    'onnx/too-deep',
    /^graph\.node\[0\]\.attribute\[0\]\.g\./,
    'deep',
  ],
  [
    'graphs 10,000 deep',
    nestedModel(10_000),
    'onnx/too-deep',
    /^graph\.node\[0\]\.attribute\[0\]\.g\./,
    'deep',
  ],
  ['types 10,000 deep', nestedTypes(10_000), 'onnx/too-deep', 'graph.value_info[0].type', 'deep'],
  [
    'a graph 10,000 deep in a function',
    model(graph(undefined), [25, [[7, [[5, [[6, nestedGraphs(10_000)]]]]]]]),
    'onnx/too-deep',
    /^functions\[0\]/,
    'deep',
  ],
  ['no graph', message([1, 10], opset(), [2, 'producer']), 'onnx/no-graph', 'model', 'no graph'],
  [
    'cut off in the weights',
    squeezenet.subarray(0, squeezenet.length - 9),
    'onnx/truncated',
    /./,
    '',
  ],
  // 5. Dims and data that do not fit.
  [
    'a negative dimension',
    withTensor([1, -1], [2, 1]),
    'onnx/bad-dims',
    'graph.initializer[0]',
    '-1',
  ],
  [
    'a dimension above 2^31',
    withTensor([1, 2 ** 31 + 1], [2, 1]),
    'onnx/bad-dims',
    'graph.initializer[0]',
    '2147483649',
  ],
  [
    'dims that overflow',
    withTensor([1, 2 ** 31], [1, 2 ** 31], [2, 1]),
    'onnx/bad-dims',
    'graph.initializer[0]',
    'overflow',
  ],
  [
    'dims packed and unpacked',
    withTensor([1, bytes(2)], [1, 2], [2, 1], [9, new Uint8Array(8)]),
    'onnx/size-mismatch',
    'graph.initializer[0]',
    '16 bytes and has 8',
  ],
  [
    'too few bytes',
    withTensor([1, 2], [2, 1], [9, new Uint8Array(7)]),
    'onnx/size-mismatch',
    'graph.initializer[0]',
    '8 bytes and has 7',
  ],
  [
    'too many bytes',
    withTensor([1, 2], [2, 1], [9, new Uint8Array(9)]),
    'onnx/size-mismatch',
    'graph.initializer[0]',
    '8 bytes and has 9',
  ],
  ['no data', withTensor([1, 2], [2, 1]), 'onnx/size-mismatch', 'graph.initializer[0]', 'has 0'],
  [
    'too few numbers',
    withTensor([1, 3], [2, 7], [7, bytes(1, 2)]),
    'onnx/size-mismatch',
    'graph.initializer[0]',
    '3 numbers and has 2',
  ],
  [
    'too few strings',
    withTensor([1, 2], [2, 8], [6, 'a']),
    'onnx/size-mismatch',
    'graph.initializer[0]',
    '1 strings',
  ],
  [
    'raw_data and float_data',
    withTensor([1, 1], [2, 1], [4, new Uint8Array(4)], [9, new Uint8Array(4)]),
    'onnx/malformed',
    'graph.initializer[0]',
    'both raw_data and float_data',
  ],
  [
    'float_data and int32_data',
    withTensor([1, 1], [2, 1], [4, new Uint8Array(4)], [5, bytes(1)]),
    'onnx/malformed',
    'graph.initializer[0]',
    'both float_data and int32_data',
  ],
  [
    'floats in int32_data',
    withTensor([1, 1], [2, 1], [5, bytes(1)]),
    'onnx/bad-type',
    'graph.initializer[0]',
    'int32_data in a tensor of float32',
  ],
  [
    'half a float',
    withTensor([1, 1], [2, 1], [4, bytes(1, 2, 3)]),
    'onnx/malformed',
    'graph.initializer[0]',
    'inside a number',
  ],
  [
    'strings in raw_data',
    withTensor([1, 1], [2, 8], [9, bytes(65)]),
    'onnx/bad-type',
    'graph.initializer[0]',
    'raw_data',
  ],
  [
    'string_data for numbers',
    withTensor([1, 1], [2, 1], [6, 'a']),
    'onnx/bad-type',
    'graph.initializer[0]',
    'string_data',
  ],
  [
    'data type 99',
    withTensor([1, 1], [2, 99], [9, bytes(1)]),
    'onnx/bad-type',
    'graph.initializer[0]',
    '99',
  ],
  [
    'no data type',
    withTensor([1, 1], [9, bytes(1)]),
    'onnx/bad-type',
    'graph.initializer[0]',
    'without a data type',
  ],
  [
    'data type 99 in an attribute',
    model(
      graph([
        node(
          'C',
          [],
          ['y'],
          [
            [1, 'v'],
            [5, [[2, 99]]],
            [20, 4],
          ],
        ),
      ]),
    ),
    'onnx/bad-type',
    'graph.node[0].attribute[0].t',
    '99',
  ],
  [
    'data type 99 of an input',
    file([[13, info('v', [[1, [[1, 99]]]])]]),
    'onnx/bad-type',
    'graph.value_info[0].type',
    '99',
  ],
  [
    'a size above 2^31 in a shape',
    file([[13, info('v', floatType([[1, 2 ** 31 + 1]]))]]),
    'onnx/bad-dims',
    'graph.value_info[0].type',
    '2147483649',
  ],
  [
    'attribute type 99',
    model(
      graph([
        node(
          'C',
          ['x'],
          ['y'],
          [
            [1, 'v'],
            [20, 99],
          ],
        ),
      ]),
    ),
    'onnx/bad-type',
    'graph.node[0].attribute[0]',
    '99',
  ],
  [
    'a tensor in segments',
    withTensor([1, 1], [2, 1], [3, [[1, 0]]], [9, new Uint8Array(4)]),
    'onnx/unsupported',
    'graph.initializer[0]',
    'segments',
  ],
  [
    'sparse values without indices',
    file([
      [
        15,
        [
          [1, tensor('s')],
          [3, 4],
        ],
      ],
    ]),
    'onnx/malformed',
    'graph.sparse_initializer[0]',
    'without',
  ],
  [
    'fewer sparse indices than values',
    file([
      [
        15,
        [
          [1, tensor('s')],
          [
            2,
            [
              [1, 0],
              [2, 7],
            ],
          ],
          [3, 4],
        ],
      ],
    ]),
    'onnx/size-mismatch',
    'graph.sparse_initializer[0]',
    'indices [0]',
  ],
  // 6. A graph that does not hold together.
  [
    'a cycle',
    model(
      graph([
        node('Add', ['x', 'b'], ['a']),
        node('Relu', ['a'], ['b']),
        node('Relu', ['b'], ['y']),
      ]),
    ),
    'onnx/cycle',
    'graph',
    'cycle',
  ],
  [
    'a node that reads itself',
    model(graph([node('Add', ['x', 'y'], ['y'])])),
    'onnx/cycle',
    'graph',
    'cycle',
  ],
  [
    'a cycle through a subgraph',
    model(
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
                [1, node('Relu', ['y'], ['i'])],
                [12, info('i')],
              ],
            ],
            [20, 5],
          ],
        ),
      ]),
    ),
    'onnx/cycle',
    'graph',
    'cycle',
  ],
  [
    'a dangling input',
    model(graph([node('Add', ['x', 'nowhere'], ['y'])])),
    'onnx/dangling',
    'graph.node[0].input[1]',
    'nowhere',
  ],
  [
    'an inner name read outside',
    model(
      graph([
        node(
          'If',
          ['x'],
          ['z'],
          [
            [1, 'b'],
            [
              6,
              [
                [1, node('Relu', ['x'], ['i'])],
                [12, info('i')],
              ],
            ],
            [20, 5],
          ],
        ),
        node('Relu', ['i'], ['y']),
      ]),
    ),
    'onnx/dangling',
    'graph.node[1].input[0]',
    '"i"',
  ],
  [
    'a dangling input of a subgraph',
    model(
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
                [1, node('Relu', ['q'], ['i'])],
                [12, info('i')],
              ],
            ],
            [20, 5],
          ],
        ),
      ]),
    ),
    'onnx/dangling',
    'graph.node[0].attribute[0].g.node[0].input[0]',
    '"q"',
  ],
  ['an output never produced', file([[12, info('z')]]), 'onnx/dangling', 'graph.output[1]', '"z"'],
  [
    'two inputs of one name',
    file([[11, info('x')]]),
    'onnx/duplicate-name',
    'graph.input[1]',
    '"x"',
  ],
  [
    'two initializers of one name',
    file([
      [5, tensor('w')],
      [5, tensor('w')],
    ]),
    'onnx/duplicate-name',
    'graph.initializer[1]',
    '"w"',
  ],
  [
    'a dense and a sparse initializer of one name',
    file([
      [5, tensor('w')],
      [
        15,
        [
          [1, tensor('w')],
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
    ]),
    'onnx/duplicate-name',
    'graph.sparse_initializer[0]',
    '"w"',
  ],
  [
    'two producers of one name',
    model(graph([node('Relu', ['x'], ['y']), node('Abs', ['x'], ['y'])])),
    'onnx/duplicate-name',
    'graph.node[1].output[0]',
    '"y"',
  ],
  [
    'a node that makes an input',
    model(graph([node('Relu', ['x'], ['x'])])),
    'onnx/duplicate-name',
    'graph.node[0].output[0]',
    '"x"',
  ],
  [
    'an inner node that makes an outer name',
    model(
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
                [1, node('Relu', ['x'], ['x'])],
                [12, info('x')],
              ],
            ],
            [20, 5],
          ],
        ),
      ]),
    ),
    'onnx/duplicate-name',
    'graph.node[0].attribute[0].g.node[0].output[0]',
    '"x"',
  ],
  [
    'an initializer without a name',
    file([[5, tensor('')]]),
    'onnx/malformed',
    'graph.initializer[0]',
    'without a name',
  ],
  [
    'an input without a name',
    file([[11, info('')]]),
    'onnx/malformed',
    'graph.input[1]',
    'without a name',
  ],
  [
    'an attribute twice',
    model(
      graph([
        node(
          'C',
          ['x'],
          ['y'],
          [
            [1, 'v'],
            [3, 1],
            [20, 2],
          ],
          [
            [1, 'v'],
            [3, 2],
            [20, 2],
          ],
        ),
      ]),
    ),
    'onnx/duplicate-name',
    'graph.node[0].attribute[1]',
    '"v"',
  ],
  [
    'a type that is two things',
    file([
      [
        13,
        info('v', [
          [1, [[1, 1]]],
          [4, [[1, [[1, [[1, 1]]]]]]],
        ]),
      ],
    ]),
    'onnx/malformed',
    'graph.value_info[0].type',
    'two things',
  ],
  // 7. Versions.
  [
    'IR version 99',
    message([1, 99], [7, graph(undefined)], opset()),
    'onnx/too-new',
    'model',
    'version 99',
  ],
  [
    'IR version 0',
    message([7, graph(undefined)], opset()),
    'onnx/malformed',
    'model',
    'ir_version 0',
  ],
  ['opset 99', message([1, 10], [7, graph(undefined)], opset(99)), 'onnx/too-new', 'model', '99'],
  ['no opset', message([1, 10], [7, graph(undefined)]), 'onnx/no-opset', 'model', 'opset_import'],
  [
    'no default opset',
    message([1, 10], [7, graph(undefined)], opset(1, 'com.microsoft')),
    'onnx/no-opset',
    'model',
    'opset_import',
  ],
  [
    'a negative opset',
    message([1, 10], [7, graph(undefined)], opset(-1)),
    'onnx/malformed',
    'opset_import',
    '-1',
  ],
];

describe('a file that is no model is refused with a code and a place', () => {
  it.each(corpus)('%s', (_name, content, code, where, detail) => {
    const result = readModel(content, { name: 'test.onnx' });
    if (result.ok) throw new Error('was read');
    expect(result.error.code).toBe(code);
    if (typeof where === 'string') expect(result.error.where).toBe(where);
    else expect(result.error.where).toMatch(where);
    expect(result.error.detail).toMatch(detail);
  });
});

describe('what looks wrong and is allowed', () => {
  const allowed: Readonly<Record<string, Uint8Array>> = {
    'an odd number of int4': withTensor([1, 3], [2, 22], [9, bytes(0x21, 0x03)]),
    'an empty tensor with huge dims beside the zero': withTensor(
      [1, 2 ** 31],
      [1, 2 ** 31],
      [1, 2 ** 31],
      [1, 0],
      [2, 1],
    ),
    'a name of 10 MB': model(
      graph([node('Relu', ['x'], ['n'.repeat(10_000_000)]), node('Relu', ['x'], ['y'])]),
    ),
    [`graphs ${maxGraphDepth} deep`]: nestedModel(maxGraphDepth),
    'an unknown field of another wire type at a known number': withRaw(0x3a - 2, 5),
    'the newest versions': message([1, 14], [7, graph(undefined)], opset(28)),
    'no nodes': model([
      [11, info('x')],
      [12, info('x')],
    ]),
    'an inner input that hides an outer name': model(
      graph([
        node(
          'Loop',
          ['x'],
          ['y'],
          [
            [1, 'b'],
            [
              6,
              [
                [1, node('Relu', ['x'], ['i'])],
                [11, info('x')],
                [12, info('i')],
              ],
            ],
            [20, 5],
          ],
        ),
      ]),
    ),
  };
  it.each(Object.keys(allowed))('%s', (name) => {
    const result = readModel(allowed[name] as Uint8Array);
    if (!result.ok) throw result.error;
    expect(result.ok).toBe(true);
  });
});

describe('a small file cannot ask for much', () => {
  const manyNodes = (count: number): Uint8Array => {
    const empty = new Uint8Array(2 * count);
    for (let i = 0; i < empty.length; i += 2) empty[i] = 0x0a;
    return message([1, 10], [7, empty], opset());
  };

  it('millions of empty nodes are refused', () => {
    const result = readModel(manyNodes(maxObjects + 1));
    expect(result).toMatchObject({ error: { code: 'file/too-large' } });
  });

  it('a message stays short when a name is long', () => {
    const name = 'n'.repeat(5_000_000);
    const result = readModel(model(graph([node('Relu', [name], ['y'])])));
    if (result.ok) throw new Error('was read');
    expect(result.error.message.length).toBeLessThan(1000);
  });

  it('siblings deep inside share the way there', () => {
    let encoded = message([1, [[5, [[11, new Uint8Array(0)]]]]]);
    encoded = message([
      1,
      [
        [
          5,
          join(
            ...Array.from({ length: 20_000 }, () => message([11, encoded])),
            message([1, 'b'], [20, 10]),
          ),
        ],
      ],
    ]);
    for (let i = 0; i < 90; i++)
      encoded = message([
        1,
        [
          [
            5,
            [
              [1, 'b'],
              [6, encoded],
              [20, 5],
            ],
          ],
        ],
      ]);
    const result = readModel(message([1, 10], [7, encoded], opset()));
    expect(result.ok).toBe(true);
  });
});
