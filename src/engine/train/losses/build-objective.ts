import { EngineError } from '../../core/index.ts';
import type { Value } from '../../graph/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { add, scaled } from '../gradients/expressions.ts';
import type { Objective, ObjectiveTerm } from '../objective.ts';
import { cosineOf } from './cosine.ts';
import { crossEntropyOf } from './cross-entropy.ts';
import { hintOf } from './hint.ts';
import { LossInputs } from './loss-inputs.ts';
import type { BuiltLoss, Loss, LossContext } from './loss.ts';
import { softLabelsOf } from './soft-labels.ts';
import { squaredErrorOf } from './squared-error.ts';

/** What terms need to know of the teacher's values and the labels, by the name of the loss's input (`targetInput`). */
export interface ObjectiveFacts {
  /** Dims of the teacher's value, batch included. */
  dims(input: string): readonly number[];
  /** Variance of the teacher's values; above 0. */
  variance(input: string): number;
  /** Variances of the columns of the teacher's values, which they broadcast against; above 0. */
  variances(input: string): Tensor;
  /** Labels are mixed in pairs. */
  readonly mixed: boolean;
  /** Labels per position of a sequence are at hand, and say which positions count. */
  readonly labelledPositions: boolean;
  /** Adds metrics that share the inputs. */
  readonly watch?: (context: LossContext, inputs: LossInputs) => ReadonlyMap<string, Value>;
}

/**
 * One loss made of weighted terms. Inputs: `labels` and `teacher/…` (`targetInput`); metrics: `part/<name>` per term, already
 * weighted, and `correct` where there is a cross-entropy. Building throws `graph/invalid` when the network has no
 * such value, `data/mismatch` when shapes do not fit.
 */
export const buildObjective = (objective: Objective, facts: ObjectiveFacts): Loss => ({
  build(context) {
    const inputs = new LossInputs(context.edit);
    const names = partNames(objective);
    const terms = objective.terms.map((term, i) => {
      const built = buildTerm(term, context, inputs, facts);
      return { ...built, name: names[i] as string, weight: term.weight };
    });
    const watched = facts.watch?.(context, inputs) ?? new Map<string, Value>();
    const sum = weightedSum(context, inputs, terms);
    return { ...sum, metrics: new Map([...sum.metrics, ...watched]) };
  },
});

/** The input that takes what the teacher answered for this term; undefined: it needs none. */
export function targetInput(term: ObjectiveTerm): string | undefined {
  if (term.kind === 'cross-entropy') return undefined;
  if (term.kind === 'hint') return hintTarget(term.teacher);
  return term.kind === 'soft-labels' ? logitsTarget(term.output) : outputTarget(term.output);
}

/** Where the teacher ends in a Softmax, its logits are another value than its output. */
export const logitsTarget = (output: string): string => `teacher/${output}/logits`;
export const outputTarget = (output: string): string => `teacher/${output}`;
export const hintTarget = (value: string): string => `teacher/${value}/inside`;

/** The terms' names on charts: the kind, with the value where a kind comes twice. */
export const partNames = ({ terms }: Objective): readonly string[] =>
  terms.map((term) =>
    terms.filter(({ kind }) => kind === term.kind).length === 1
      ? term.kind
      : `${term.kind} ${term.kind === 'hint' ? term.student : term.output}`,
  );

export const partMetric = (name: string): string => `part/${name}`;

function buildTerm(
  term: ObjectiveTerm,
  context: LossContext,
  inputs: LossInputs,
  facts: ObjectiveFacts,
): BuiltLoss {
  if (term.kind === 'cross-entropy') {
    const { smoothing } = term;
    const output = outputNamed(context, term.output);
    return crossEntropyOf(context, inputs, output, { smoothing, mixed: facts.mixed });
  }
  const target = targetInput(term) ?? '';
  if (term.kind === 'hint') {
    const value = valueNamed(context, term.student);
    const [targetDims, variance] = [facts.dims(target), facts.variance(target)];
    return hintOf(context, inputs, value, { target, targetDims, variance });
  }
  const output = outputNamed(context, term.output);
  if (term.kind === 'soft-labels') {
    const { temperature } = term;
    const { labelledPositions } = facts;
    return softLabelsOf(context, inputs, output, { temperature, target, labelledPositions });
  }
  if (term.kind === 'cosine') return cosineOf(context, inputs, output, { target });
  return squaredErrorOf(context, inputs, output, { target, variances: facts.variances(target) });
}

interface WeightedTerm extends BuiltLoss {
  readonly name: string;
  readonly weight: number;
}

function weightedSum(
  { edit }: LossContext,
  inputs: LossInputs,
  terms: readonly WeightedTerm[],
): BuiltLoss {
  const parts = terms.map((term) => scaled(edit, term.loss, term.weight));
  const [first, ...rest] = parts;
  if (first === undefined)
    throw new EngineError('argument/invalid', {
      where: 'objective',
      detail: 'there is nothing to minimize',
    });
  const metrics = new Map<string, Value>();
  terms.forEach((term, i) => {
    metrics.set(partMetric(term.name), parts[i] as Value);
    for (const [name, value] of term.metrics) if (!metrics.has(name)) metrics.set(name, value);
  });
  const weighted = (gradient: Value, { weight }: WeightedTerm): Value =>
    scaled(edit, gradient, weight);
  return {
    loss: rest.reduce((sum, part) => add(edit, sum, part), first),
    gradients: terms.flatMap((term) =>
      term.gradients.map(({ of, gradient }) => ({ of, gradient: weighted(gradient, term) })),
    ),
    inputs: inputs.all,
    metrics,
    weights: terms.flatMap((term) =>
      (term.weights ?? []).map(({ constant, gradient }) => ({
        constant,
        gradient: weighted(gradient, term),
      })),
    ),
  };
}

function outputNamed({ outputs }: LossContext, name: string): Value {
  return outputs.find((output) => output.name === name) ?? missing(name, 'output');
}

function valueNamed(context: LossContext, name: string): Value {
  const output = context.outputs.find((value) => value.name === name);
  return output ?? context.named?.(name) ?? missing(name, 'value');
}

function missing(name: string, what: string): never {
  throw new EngineError('graph/invalid', {
    where: name,
    detail: `the student has no such ${what}`,
  });
}
