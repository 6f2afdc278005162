import type { GradientCase } from '../../testing/gradient-case.ts';
import type { DifferentiableOperator } from '../table.ts';
import { averagePoolGrid, convGrid, convTransposeGrid, maxPoolGrid } from './conv-grid-cases.ts';
import { firstCases } from './first-cases.ts';
import { layoutCases } from './layout-cases.ts';
import { normCases } from './norm-cases.ts';
import { pointwiseCases } from './pointwise-cases.ts';
import { productCases } from './product-cases.ts';
import { roundingCases } from './rounding-cases.ts';
import { windowCases } from './window-cases.ts';

/** At least one case per operator of the table: a new row without a check does not compile. */
export const tableCases: Readonly<Record<DifferentiableOperator, readonly GradientCase[]>> = {
  ...firstCases,
  ...normCases,
  ...pointwiseCases,
  ...windowCases,
  ...layoutCases,
  ...productCases,
  AveragePool: [...windowCases.AveragePool, ...averagePoolGrid],
  Conv: [...windowCases.Conv, ...convGrid],
  ConvTranspose: convTransposeGrid,
  DequantizeLinear: [...layoutCases.DequantizeLinear, ...roundingCases.DequantizeLinear],
  MaxPool: [...windowCases.MaxPool, ...maxPoolGrid],
  QuantizeLinear: [...layoutCases.QuantizeLinear, ...roundingCases.QuantizeLinear],
};
