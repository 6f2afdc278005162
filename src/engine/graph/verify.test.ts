import { describe, expect, it } from 'vitest';
import { float32Tensor } from '../tensor/index.ts';
import {
  buildModel,
  newValue,
  verify,
  assertValid,
  type Graph,
  type Model,
  type Mutable,
  type Node,
  type Use,
  type Value,
} from './index.ts';

const float = { kind: 'tensor', dtype: 'float32', dims: [4] } as const;

type OpenValue = Mutable<Value>;
type OpenNode = Omit<Mutable<Node>, 'inputs' | 'outputs'> & {
  inputs: (Value | undefined)[];
  outputs: (OpenValue | undefined)[];
};
interface Open {
  inputs: OpenValue[];
  outputs: Value[];
  constants: OpenValue[];
  nodes: OpenNode[];
}

/** x → Add(x, w) = a → If(c) { Relu(x) } else { Neg(a) } = y, with everything open to be broken. */
function sound(): { model: Mutable<Model>; main: Open; inner: Open } {
  const model = buildModel(17, (e) => {
    const x = e.addInput('x', float);
    const sum = e.op('Add', [x, e.addConstant('w', float32Tensor([4], [1, 2, 3, 4]))]);
    const branches = (
      [
        ['Relu', x],
        ['Neg', sum],
      ] as const
    ).map(([opType, from]) => {
      const graph: Graph = {
        name: opType,
        inputs: [],
        outputs: [],
        nodes: [],
        constants: [],
        annotated: [],
      };
      (graph.outputs as Value[]).push(e.addNode(opType, [from], { graph }).outputs[0] as Value);
      return { kind: 'graph', value: graph } as const;
    });
    const [then, otherwise] = branches;
    if (then === undefined || otherwise === undefined) throw new Error('two branches');
    const node = e.addNode('If', [x], {
      attributes: { then_branch: then, else_branch: otherwise },
    });
    e.addOutput(node.outputs[0] as Value);
  });
  const main = model.graph as unknown as Open;
  const attribute = main.nodes[1]?.attributes.get('then_branch');
  if (attribute?.kind !== 'graph') throw new Error('no branch');
  return { model, main, inner: attribute.value as unknown as Open };
}

/** Each breaks one invariant; the problem must be found, and named. */
const broken: Readonly<
  Record<string, readonly [(parts: ReturnType<typeof sound>) => void, string, RegExp]>
> = {
  'a value without a name': [
    ({ main }) => void (main.inputs[0]!.name = ''),
    'graph.input[0]',
    /without a name/,
  ],
  'two inputs of one name': [
    ({ main }) => void main.inputs.push(newValue('x', float)),
    'graph.input[1]',
    /"x" is defined twice/,
  ],
  'a node output named like an input': [
    ({ main }) => void (main.nodes[0]!.outputs[0]!.name = 'x'),
    'graph.node[0]',
    /"x" is defined twice/,
  ],
  'an inner node output named like an outer value': [
    ({ inner }) => void (inner.nodes[0]!.outputs[0]!.name = 'x'),
    'graph.node[1].graph[0].node[0]',
    /"x" is defined twice/,
  ],
  'nodes out of order': [
    ({ main }) => void (main.nodes = main.nodes.toReversed()),
    'graph.node[0].graph[1].node[0]',
    /before it is produced/,
  ],
  'an input from nowhere': [
    ({ main }) => {
      const stray = newValue('stray', float);
      stray.uses.push({ node: main.nodes[0] as Node, index: 2 });
      main.nodes[0]!.inputs[2] = stray;
    },
    'graph.node[0]',
    /reads "stray" before/,
  ],
  'a name that means another value inside': [
    ({ inner }) => void inner.inputs.push(newValue('x', float)),
    'graph.node[1].graph[0].node[0]',
    /"x" is the name of another value/,
  ],
  'an output that nothing produces': [
    ({ main }) => void main.outputs.push(newValue('z', float)),
    'graph.output[1]',
    /"z" is never produced/,
  ],
  'a reader the value does not know': [
    ({ main }) => void (main.inputs[0]!.uses as Use[]).splice(0, 1),
    'graph.node[0]',
    /"x" does not know that Add reads it/,
  ],
  'a claimed reader that reads another value': [
    ({ main }) =>
      void (main.inputs[0]!.uses as Use[]).push({ node: main.nodes[0] as Node, index: 1 }),
    '"x"',
    /claims to be input 1 of Add/,
  ],
  'a reader claimed twice': [
    ({ main }) =>
      void (main.inputs[0]!.uses as Use[]).push({ node: main.nodes[0] as Node, index: 0 }),
    '"x"',
    /claims input 0 of Add twice/,
  ],
  'a reader that is gone': [
    ({ main }) =>
      void (main.inputs[0]!.uses as Use[]).push({ node: { ...(main.nodes[0] as Node) }, index: 0 }),
    '"x"',
    /not in the model/,
  ],
  'an output with another producer': [
    ({ main }) => void (main.nodes[0]!.outputs[0]!.producer = main.nodes[1] as Node),
    'graph.node[0]',
    /names another producer/,
  ],
  'a node linked to another graph': [
    ({ main, inner }) => void (main.nodes[0]!.graph = inner as unknown as Graph),
    'graph.node[0]',
    /linked to another graph/,
  ],
  'a constant without data': [
    ({ main }) => void (main.constants[0]!.constant = undefined),
    'graph.initializer[0]',
    /has no data/,
  ],
  'a constant of another size': [
    ({ main }) =>
      void (main.constants[0]!.constant = { ...float32Tensor([4], [1, 2, 3, 4]), dims: [5] }),
    'graph.initializer[0]',
    /float32\[5\] = 20 bytes and has 16/,
  ],
  'strings of another number': [
    ({ main }) =>
      void (main.constants[0]!.constant = {
        dtype: 'string',
        dims: [2],
        data: [new Uint8Array(1)],
      }),
    'graph.initializer[0]',
    /1 strings/,
  ],
  'a domain without a version': [
    ({ main }) => void (main.nodes[0]!.domain = 'com.microsoft'),
    'graph.node[0]',
    /"com.microsoft" without an opset/,
  ],
  'no default opset': [
    ({ model }) => void (model.opsets = new Map()),
    'graph.node[0]',
    /without an opset/,
  ],
};

describe('verify', () => {
  it('finds nothing wrong with a sound model', () => {
    expect(verify(sound().model)).toEqual([]);
  });

  it.each(Object.keys(broken))('finds %s', (name) => {
    const [breakIt, where, detail] = broken[name] as (typeof broken)[string];
    const parts = sound();
    breakIt(parts);
    const problems = verify(parts.model);
    expect(problems.map((problem) => problem.where)).toContain(where);
    expect(
      problems
        .filter((problem) => problem.where === where)
        .map((problem) => problem.detail)
        .join(),
    ).toMatch(detail);
    expect(() => assertValid(parts.model)).toThrow();
  });

  it('lets an inner input hide an outer name, as ONNX does', () => {
    const { model, inner } = sound();
    const hiding = newValue('w', float);
    inner.inputs.push(hiding);
    expect(verify(model)).toEqual([]);
  });

  it('knows the domains of local functions', () => {
    const { model, main } = sound();
    main.nodes[0]!.domain = 'local';
    model.functions = [{ domain: 'local', name: 'Add', overload: '', calls: [], opaque: {} }];
    expect(verify(model)).toEqual([]);
  });

  it('stops at a hundred problems', () => {
    const { model, main } = sound();
    for (let i = 0; i < 200; i++) main.outputs.push(newValue(`z${i}`, float));
    expect(verify(model)).toHaveLength(100);
  });
});
