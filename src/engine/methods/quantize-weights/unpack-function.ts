import { buildModel, intAttribute, type LocalFunction, type Value } from '../../graph/index.ts';
import { localFunction } from '../../onnx/index.ts';
import { float32Tensor } from '../../tensor/index.ts';
import { planeWidths } from './plane-widths.ts';

/** Domain of the functions this project puts into a file. The file defines them itself; any runtime with local functions reads them. */
export const functionDomain = 'whittle';

/**
 * The function that turns planes of packed codes back into weights (see bit-planes.ts for the layout):
 *
 *   Unpack3(plane0, plane1, scales, zeros, blocks, shape)      Unpack3Symmetric(plane0, plane1, scales, blocks, shape)
 *
 *   planes  uint8 [L], lowest bits first     scales  float32, broadcast over the blocks     zeros  uint8 of the same dims
 *   blocks  int64: the weight's dims with its blocks as an axis of their own                shape  int64: the weight's dims
 *
 * Only Cast, Mul, Floor, Sub, Add, Reshape and Constant, exact in float32, and the same in every opset from 7 on.
 */
export function unpackFunction(bits: number, symmetric: boolean, opset: number): LocalFunction {
  const body = buildModel(opset, (e) => {
    const input = (name: string): Value =>
      e.addInput(name, { kind: 'tensor', dtype: undefined, dims: undefined });
    const scalar = (value: number): Value => constant([], [value]);
    const constant = (dims: number[], values: number[]): Value =>
      e.op('Constant', [], { value: { kind: 'tensor', value: float32Tensor(dims, values) } });
    const toFloat = (value: Value): Value => e.op('Cast', [value], { to: intAttribute(1) });
    const widths = planeWidths(bits);
    const planes = widths.map((_width, i) => input(`plane${i}`));
    const scales = input('scales');
    const zeros = symmetric ? undefined : input('zeros');
    const [blocks, shape] = [input('blocks'), input('shape')];
    const digitsOf = (plane: Value, width: number): Value => {
      if (width === 8) return toFloat(plane);
      const base = 2 ** width;
      const perByte = 8 / width;
      const divisors = constant(
        [perByte, 1],
        Array.from({ length: perByte }, (_, i) => base ** -i),
      );
      const shifted = e.op('Floor', [e.op('Mul', [toFloat(plane), divisors])]);
      const higher = e.op('Floor', [e.op('Mul', [shifted, scalar(1 / base)])]);
      return e.op('Sub', [shifted, e.op('Mul', [higher, scalar(base)])]);
    };
    let below = 0;
    const codes = planes.map((plane, i) => {
      const width = widths[i] as number;
      const digits = e.op('Reshape', [digitsOf(plane, width), blocks]);
      const placed = below === 0 ? digits : e.op('Mul', [digits, scalar(2 ** below)]);
      below += width;
      return placed;
    });
    const code = codes.reduce((sum, plane) => e.op('Add', [sum, plane]));
    const zero = zeros === undefined ? scalar(2 ** (bits - 1)) : toFloat(zeros);
    e.addOutput(e.op('Reshape', [e.op('Mul', [e.op('Sub', [code, zero]), scales]), shape]));
  });
  return localFunction(functionDomain, unpackName(bits, symmetric), body);
}

export const unpackName = (bits: number, symmetric: boolean): string =>
  `Unpack${bits}${symmetric ? 'Symmetric' : ''}`;
