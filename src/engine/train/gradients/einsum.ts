import { attributeString, stringAttribute, type Value } from '../../graph/index.ts';
import { expandLike, int64s } from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';

/**
 * Einsum: y[o…] = Σ A[a…] B[b…] … over all letters that are not in the output (ONNX, Einsum). The gradient of an operand is the same sum with
 * y's gradient in its place: dA = einsum("o,b,…->a"). A letter that only this operand has was summed over: there dA is the same everywhere.
 */
export const einsumGradient: GradientRule = (context) => {
  const { edit, node, dy, needs } = context;
  const { operands, output } = lettersOf(context);
  const values = operands.map((_letters, i) => context.input(i));
  return node.inputs.map((_input, i) => {
    if (!needs(i)) return undefined;
    const own = operands[i] ?? '';
    const others = operands.filter((_letters, k) => k !== i);
    const known = Array.from(own).filter((letter) =>
      [output, ...others].some((x) => x.includes(letter)),
    );
    const equation = `${[output, ...others].join(',')}->${known.join('')}`;
    const sum = edit.op('Einsum', [dy, ...values.filter((_value, k) => k !== i)], {
      equation: stringAttribute(equation),
    });
    if (known.length === own.length) return sum;
    const absent = Array.from(own).flatMap((letter, axis) =>
      known.includes(letter) ? [] : [axis],
    );
    const placed = edit.op('Unsqueeze', [sum, int64s(edit, absent)]);
    return expandLike(edit, placed, values[i] as Value);
  });
};

interface Letters {
  readonly operands: readonly string[];
  readonly output: string;
}

/** Ellipses become letters that the equation does not use; without an arrow the output has every letter that comes once, in order. */
function lettersOf({ node, dims, input, y, refuse }: GradientContext): Letters {
  const equation = attributeString(node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const given = left.split(',');
  const ranks = given.map((_letters, i) => dims(input(i)).length);
  const spare = Array.from('ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba').filter(
    (letter) => !equation.includes(letter),
  );
  const hidden = Math.max(0, ...given.map((letters, i) => (ranks[i] ?? 0) - named(letters)));
  const spelt = (letters: string, rank: number): string => {
    const count = rank - named(letters);
    return letters.replace('...', spare.slice(hidden - count, hidden).join(''));
  };
  const operands = given.map((letters, i) => spelt(letters, ranks[i] ?? 0));
  const output =
    right === undefined ? implied(operands, spare.slice(0, hidden)) : spelt(right, dims(y).length);
  const sizes = new Map<string, number>();
  for (const [i, letters] of operands.entries()) {
    if (new Set(letters).size < letters.length) refuse('an index twice in one operand');
    for (const [axis, letter] of Array.from(letters).entries()) {
      const size = dims(input(i))[axis] ?? 1;
      if ((sizes.get(letter) ?? size) !== size)
        refuse('an index that is repeated along an axis of one');
      sizes.set(letter, size);
    }
  }
  return { operands, output };
}

const named = (letters: string): number => letters.replace('...', '').length;

function implied(operands: readonly string[], hidden: readonly string[]): string {
  const all = operands.join('');
  const once = [...new Set(all)].filter(
    (letter) => all.split(letter).length === 2 && !hidden.includes(letter),
  );
  return [...hidden, ...once.toSorted()].join('');
}
