import { describe, expect, it } from 'vitest';
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
const api = (name: string, dur: number, ts: number): string =>
  `{"cat" : "Api","pid" :1,"tid" :1,"dur" :${dur},"ts" :${ts},"ph" : "X","name" :"${name}","args" : {}},`;

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

describe('GPU time', () => {
  const cpu = [
    node('a', 1, 1),
    run(0),
    node('a', 11, 1),
    node('c', 12, 4, 'Cast', 'CPUExecutionProvider'),
    run(10),
  ];
  const timeOf = (programs: readonly string[]) =>
    parseProfile([...cpu, ...programs]).map((row) => row.durationUs);

  it('is the sum of the programs of a node in the last run', () => {
    const first = [api('a&Conv&Im2Col', 300, 1), api('a&Conv&MatMul', 700, 2)];
    const second = [api('a&Conv&Im2Col', 34, 3), api('a&Conv&MatMul', 66, 4)];
    expect(timeOf([...first, ...second])).toEqual([100, 4]);
  });

  it('leaves out what only the first run did, by the time or by the mean', () => {
    const programs = [
      api('a&Conv&Transpose', 500, 1),
      api('a&Conv&MatMul', 90, 2),
      api('a&Conv&MatMul', 60, 13),
    ];
    expect(timeOf(programs)).toEqual([60, 4]);
    expect(timeOf(programs.slice(0, 2).concat(api('a&Conv&MatMul', 60, 3)))).toEqual([325, 4]);
  });
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
