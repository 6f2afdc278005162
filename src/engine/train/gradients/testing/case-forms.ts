import { intsAttribute, type Attribute } from '../../../graph/index.ts';
import { int64Tensor } from '../../../tensor/index.ts';
import type { GradientCase } from '../../testing/gradient-case.ts';

/** The usual forms of a gradient case. The cases themselves lie beside this file, by kind. */

export type Dims = readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** A case whose operator takes its variables as inputs. */
export const direct = (
  name: string,
  opType: string,
  variables: Record<string, Dims>,
  attributes: Attributes = {},
  domain?: (x: number) => number,
): GradientCase => ({
  name,
  variables,
  build: (edit, inputs) => edit.op(opType, inputs, attributes),
  ...(domain === undefined ? {} : { domain }),
});

export const unary = (
  opType: string,
  attributes: Attributes = {},
  domain?: (x: number) => number,
): GradientCase[] => [direct(opType, opType, { x: [2, 3, 4] }, attributes, domain)];

export const ints = (...values: number[]): Attribute => intsAttribute(values);
export const positive = (x: number): number => Math.abs(x) + 0.5;

export const withInts = (
  opType: string,
  x: Dims,
  values: readonly number[],
  attributes: Attributes = {},
): GradientCase => ({
  name: `${opType} ${values.join(',')}`,
  variables: { x },
  build: (edit, [input]) =>
    edit.op(
      opType,
      [input, edit.addConstant('ints', int64Tensor([values.length], values))],
      attributes,
    ),
});

export const binary = (opType: string, domain?: (x: number) => number): GradientCase[] => [
  direct(opType, opType, { a: [2, 3], b: [2, 3] }, {}, domain),
  direct(`${opType} row`, opType, { a: [2, 3, 4], b: [4] }, {}, domain),
  direct(`${opType} channel`, opType, { a: [3, 1, 1], b: [2, 3, 2, 2] }, {}, domain),
  direct(`${opType} both repeated`, opType, { a: [2, 1, 3], b: [4, 1] }, {}, domain),
  direct(`${opType} scalar`, opType, { a: [2, 3], b: [] }, {}, domain),
];
