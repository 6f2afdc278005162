import { expect, it } from 'vitest';
import { parseProfile } from './parse-profile.ts';

const node = (
  name: string,
  ts: number,
  dur: number,
  op = 'Conv',
  provider = 'WebGpuExecutionProvider',
): string =>
  `{"cat" : "Node","pid" :1,"tid" :1,"dur" :${dur},"ts" :${ts},"ph" : "X","name" :"${name}_kernel_time","args" : {"provider" : "${provider}","op_name" : "${op}","output_type_shape" : [{"float":[1,2]},{"int64":[3]}]}},`;
const run = (ts: number): string =>
  `{"cat" : "Session","pid" :1,"tid" :1,"dur" :9,"ts" :${ts},"ph" : "X","name" :"model_run","args" : {}},`;
const api = (name: string, dur: number): string =>
  `{"cat" : "Api","pid" :1,"tid" :1,"dur" :${dur},"ts" :0,"ph" : "X","name" :"${name}","args" : {}},`;

it('counts the last run only', () => {
  const lines = [
    '[',
    node('a', 10, 900),
    node('b', 20, 800),
    run(9),
    node('a', 40, 5),
    node('b', 50, 6),
    run(39),
    ']',
  ];
  expect(parseProfile(lines).map(({ name, durationUs }) => [name, durationUs])).toEqual([
    ['a', 5],
    ['b', 6],
  ]);
  expect(parseProfile(lines)[0]?.outputShapes).toEqual([[1, 2], [3]]);
});

it('takes GPU time from the programs of a node, as the mean over the runs', () => {
  const lines = [
    node('a', 1, 1),
    run(0),
    node('a', 11, 1),
    node('c', 12, 4, 'Cast', 'CPUExecutionProvider'),
    run(10),
  ];
  lines.push(
    api('a&Conv&Im2Col', 30),
    api('a&Conv&MatMul', 70),
    api('a&Conv&Im2Col', 34),
    api('a&Conv&MatMul', 66),
  );
  expect(parseProfile(lines)).toMatchObject([
    { name: 'a', durationUs: 100, provider: 'WebGpuExecutionProvider' },
    { name: 'c', durationUs: 4, provider: 'CPUExecutionProvider' },
  ]);
});

it('reads rows whose names break the JSON, and nothing out of other lines', () => {
  const lines = ['hello', '', '{"cat" : broken', node('a "b" \\c', 1, 3, 'QLinearConv')];
  expect(parseProfile(lines)).toEqual([
    {
      name: 'a "b" \\c',
      opType: 'QLinearConv',
      provider: 'WebGpuExecutionProvider',
      durationUs: 3,
      outputShapes: [[1, 2], [3]],
    },
  ]);
  expect(parseProfile([])).toEqual([]);
});
