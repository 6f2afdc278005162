import { attributeInt, attributeInts, attributeString, type Node } from '../../graph/index.ts';
import { constantOf } from '../shared/constant-of.ts';
import { integersOf } from '../shared/integers-of.ts';
import { describe, Stop } from './group.ts';
import type { Rule } from './visit.ts';
import { reshape, shapeOf, squeeze } from './reshape-rules.ts';

/** Works on each element alone: the channels stay where they are. */
const elementwise: Rule = ({ trace, node, index, layout }) => {
  if (index !== 0) throw new Stop(`${describe(node)} takes its output as a parameter`);
  refuseExtraOutputs(node);
  trace.flow(node.outputs[0], layout);
};

/** Works on each channel of a feature map alone. */
const perChannelMap: Rule = (visit) => {
  if (visit.layout.axis !== 1) throw new Stop(`${describe(visit.node)} works across its channels`);
  elementwise(visit);
};

/** Parameters at `inputs`, one per channel. */
const normalization =
  (inputs: readonly number[]): Rule =>
  (visit) => {
    const { trace, node, layout } = visit;
    if (attributeInt(node, 'training_mode', 0) !== 0)
      throw new Stop(`${describe(node)} is in training mode`);
    if (layout.axis !== 1) throw new Stop(`${describe(node)} works across its channels`);
    for (const index of inputs) trace.cut(node, index, { ...layout, axis: 0 });
    elementwise(visit);
  };

const convolution =
  (inputAxis: 0 | 1): Rule =>
  ({ trace, node, index, layout }) => {
    if (index !== 0) throw new Stop(`${describe(node)} takes its output as a weight`);
    if (layout.axis !== 1) throw new Stop(`${describe(node)} works across its channels`);
    const weight = constantOf(node.inputs[1]);
    if (weight === undefined)
      throw new Stop(`the weight of ${describe(node)} is computed, not stored`);
    refuseShared(node, 1);
    const group = attributeInt(node, 'group', 1);
    if (group === 1) return trace.cut(node, 1, { ...layout, axis: inputAxis });
    // Depthwise: weight [C·m, 1, …] (ConvTranspose: [C, m, …]), output channel c·m + j comes from input channel c.
    const channels = layout.outer * trace.channels * layout.inner;
    const perGroup = inputAxis === 1 ? (weight.dims[0] ?? 0) / group : (weight.dims[1] ?? 0);
    if (
      group !== channels ||
      !Number.isInteger(perGroup) ||
      (inputAxis === 1 && weight.dims[1] !== 1)
    )
      throw new Stop(`${describe(node)} is a grouped convolution`);
    const after = { axis: 1, outer: layout.outer, inner: layout.inner * perGroup };
    trace.cut(node, 1, { ...(inputAxis === 1 ? after : layout), axis: 0 });
    if (node.inputs[2] !== undefined) trace.cut(node, 2, { ...after, axis: 0 });
    trace.depthwise.push(node);
    trace.flow(node.outputs[0], after);
  };

const gemm: Rule = ({ trace, node, index, layout }) => {
  if (index !== 0 || layout.axis !== 1 || attributeInt(node, 'transA', 0) !== 0)
    throw new Stop(`${describe(node)} reads its output otherwise than as rows of features`);
  refuseShared(node, 1);
  trace.cut(node, 1, { ...layout, axis: attributeInt(node, 'transB', 0) === 0 ? 0 : 1 });
};

const matMul: Rule = ({ trace, node, index, value, layout }) => {
  const weight = constantOf(node.inputs[1]);
  if (index !== 0 || weight === undefined)
    throw new Stop(`${describe(node)} multiplies it with a computed value`);
  if (weight.dims.length !== 2 || layout.axis !== trace.dims(value).length - 1)
    throw new Stop(`${describe(node)} reads its output otherwise than as rows of features`);
  refuseShared(node, 1);
  trace.cut(node, 1, { ...layout, axis: 0 });
};

/** Element by element over several operands with broadcasting: constants per channel are cut, other operands must carry the same channels. */
const broadcast: Rule = ({ trace, node, value, layout }) => {
  const rank = trace.dims(value).length;
  const fromEnd = rank - layout.axis;
  let open = false;
  const cuts: (() => void)[] = [];
  for (const [index, input] of node.inputs.entries()) {
    if (input === undefined || input === value) continue;
    const constant = constantOf(input);
    if (constant !== undefined) {
      const axis = constant.dims.length - fromEnd;
      if (constant.dims.length > rank) throw new Stop(`${describe(node)} adds an axis to it`);
      if (axis >= 0 && constant.dims[axis] !== 1)
        cuts.push(() => trace.cut(node, index, { ...layout, axis }));
      continue;
    }
    const other = trace.layouts.get(input);
    if (other === undefined) open = true;
    else if (
      trace.dims(input).length !== rank ||
      other.axis !== layout.axis ||
      other.outer !== layout.outer ||
      other.inner !== layout.inner
    )
      throw new Stop(`its channels meet in two arrangements at ${describe(node)}`);
  }
  if (open) return trace.waitFor(node);
  for (const cut of cuts) cut();
  trace.joined(node);
  trace.flow(node.outputs[0], layout);
};

const pad: Rule = (visit) => {
  const { trace, node, value, layout } = visit;
  const pads = integersOf(node, 'pads', 1);
  const rank = trace.dims(value).length;
  if (pads === undefined || pads === 'computed')
    throw new Stop(`${describe(node)} pads by a computed amount`);
  const axes = node.inputs[3] === undefined ? undefined : integersOf(node, 'axes', 3);
  if (axes === 'computed') throw new Stop(`${describe(node)} pads computed axes`);
  const count = pads.length / 2;
  for (let i = 0; i < count; i++) {
    const axis = ((axes?.[i] ?? i) + rank) % rank;
    if (axis === layout.axis && (pads[i] !== 0 || pads[i + count] !== 0))
      throw new Stop(`${describe(node)} pads the channels`);
  }
  elementwise(visit);
};

/** Input: [X, scales] up to opset 10, [X, roi, scales, sizes] from 11 on. The channel axis must not be scaled. */
const resize: Rule = (visit) => {
  const { trace, node, value, layout } = visit;
  const rank = trace.dims(value).length;
  if (node.attributes.has('axes')) throw new Stop(`${describe(node)} names its axes`);
  if (attributeString(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize')
    throw new Stop(`${describe(node)} crops`);
  const sizes = node.inputs[3];
  const output = trace.dims(node.outputs[0]);
  if (output.length !== rank || output[layout.axis] !== trace.dims(value)[layout.axis])
    throw new Stop(`${describe(node)} resizes the channels`);
  if (sizes !== undefined) {
    if (constantOf(sizes) === undefined) throw new Stop(`${describe(node)} computes its size`);
    trace.lengths.push({ node, index: 3, entry: layout.axis, layout });
  }
  elementwise(visit);
};

const transpose: Rule = ({ trace, node, value, layout }) => {
  const rank = trace.dims(value).length;
  const perm = attributeInts(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  trace.flow(node.outputs[0], { ...layout, axis: perm.indexOf(layout.axis) });
};

const reduce: Rule = ({ trace, node, index, value, layout }) => {
  const rank = trace.dims(value).length;
  const axes = integersOf(node, 'axes', 1);
  if (index !== 0 || axes === undefined || axes === 'computed')
    throw new Stop(`${describe(node)} reduces over axes that are not fixed`);
  const reduced = axes.map((axis) => (axis + rank) % rank);
  if (reduced.includes(layout.axis)) throw new Stop(`${describe(node)} reduces over its channels`);
  const gone =
    attributeInt(node, 'keepdims', 1) === 0
      ? reduced.filter((axis) => axis < layout.axis).length
      : 0;
  trace.flow(node.outputs[0], { ...layout, axis: layout.axis - gone });
};

function refuseExtraOutputs(node: Node): void {
  if (node.outputs.slice(1).some((output) => output !== undefined && output.uses.length > 0))
    throw new Stop(`the second output of ${describe(node)} is read`);
}

function refuseShared(node: Node, index: number): void {
  if ((node.inputs[index]?.uses.length ?? 0) > 1)
    throw new Stop(`${describe(node)} shares its weight with another layer`);
}

const always = (names: readonly string[], rule: Rule): [string, Rule][] =>
  names.map((name) => [name, rule]);

/** Operators of the default domain that channels can pass or end in. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...always(
    [
      'Abs',
      'Cast',
      'Ceil',
      'Celu',
      'Clip',
      'Cos',
      'Dropout',
      'Elu',
      'Erf',
      'Exp',
      'Floor',
      'Gelu',
      'HardSigmoid',
      'HardSwish',
      'Identity',
      'LeakyRelu',
      'Log',
      'Mish',
      'Neg',
      'Reciprocal',
      'Relu',
      'Round',
      'Selu',
      'Shrink',
      'Sigmoid',
      'Sign',
      'Sin',
      'Softplus',
      'Softsign',
      'Sqrt',
      'Swish',
      'Tanh',
      'ThresholdedRelu',
    ],
    elementwise,
  ),
  ...always(
    ['AveragePool', 'GlobalAveragePool', 'GlobalLpPool', 'GlobalMaxPool', 'LpPool', 'MaxPool'],
    perChannelMap,
  ),
  ...always(['Add', 'Div', 'Max', 'Mean', 'Min', 'Mul', 'PRelu', 'Pow', 'Sub', 'Sum'], broadcast),
  ...always(
    [
      'ReduceL1',
      'ReduceL2',
      'ReduceMax',
      'ReduceMean',
      'ReduceMin',
      'ReduceSum',
      'ReduceSumSquare',
    ],
    reduce,
  ),
  ['BatchNormalization', normalization([1, 2, 3, 4])],
  ['InstanceNormalization', normalization([1, 2])],
  ['Conv', convolution(1)],
  ['ConvTranspose', convolution(0)],
  ['Gemm', gemm],
  ['MatMul', matMul],
  ['Pad', pad],
  ['Resize', resize],
  ['Transpose', transpose],
  ['Flatten', reshape],
  ['Reshape', reshape],
  ['Squeeze', squeeze],
  ['Unsqueeze', reshape],
  ['Shape', shapeOf],
]);

export function ruleOf(node: Node): Rule {
  const rule = node.domain === '' ? rules.get(node.opType) : undefined;
  if (rule === undefined)
    throw new Stop(`${describe(node)} cannot pass its channels on one by one`);
  return rule;
}
