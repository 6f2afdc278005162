import { float32Tensor, int64Tensor, makeTensor, type Tensor } from '../tensor/index.ts';
import {
  attributeFloat,
  attributeInt,
  attributeString,
  intAttribute,
  stringAttribute,
  shortName,
  type ModelEdit,
  type Node,
  type Value,
} from '../graph/index.ts';
import { operatorChanges, type ChangedOperator } from './opset-changes.ts';

/**
 * How an old node is said in a newer opset (onnx/docs/Changelog.md names each change). `obstacle` answers before anything is
 * touched; `rewrite` then never fails. Most changes moved an attribute to an input.
 */
export interface OpsetRule {
  /** Why this node cannot be carried over; undefined when it can. */
  readonly obstacle?: (node: Node, passes: Passes) => string | undefined;
  readonly rewrite: (edit: ModelEdit, node: Node, passes: Passes) => void;
}

/** True when the move goes from below `version` to `version` or above. */
export type Passes = (version: number) => boolean;

const floatScalar = (value: number): Tensor =>
  makeTensor('float32', [], new Uint8Array(Float32Array.of(value).buffer));

const base = (node: Node): string => shortName(node.outputs[0]?.name ?? node.opType);

function attributeToInput(edit: ModelEdit, node: Node, attribute: string, index: number): void {
  // As they are, not as numbers: Slice often ends at 2^63 − 1, which a number rounds past the end of int64.
  const found = node.attributes.get(attribute);
  edit.setAttribute(node, attribute, undefined);
  if (found?.kind !== 'ints') return;
  edit.setInput(node, index, sharedIntegers(edit, attribute, found.value));
}

/** Exporters write the same few axes hundreds of times: one constant for each list. */
function sharedIntegers(
  edit: ModelEdit,
  label: string,
  values: readonly (number | bigint)[],
): Value {
  const made = madeIn.get(edit) ?? new Map<string, Value>();
  madeIn.set(edit, made);
  const key = values.join(',');
  const value =
    made.get(key) ??
    edit.addConstant(
      `${label}_${key.length <= 12 ? key : made.size}`,
      int64Tensor([values.length], values),
    );
  made.set(key, value);
  return value;
}

const madeIn = new WeakMap<ModelEdit, Map<string, Value>>();

const axesToInput = (version: number): OpsetRule => ({
  rewrite(edit, node, passes) {
    if (passes(version)) attributeToInput(edit, node, 'axes', 1);
  },
});

/** Before 13 the input was flattened to 2-D at `axis` (default 1) and normalized over all that follows it. */
const flattenedSoftmax: OpsetRule = {
  rewrite(edit, node, passes) {
    if (!passes(13)) return;
    const axis = attributeInt(node, 'axis', 1);
    edit.setAttribute(node, 'axis', intAttribute(-1));
    const [x] = node.inputs;
    const [y] = node.outputs;
    if (axis === -1 || x === undefined || y === undefined || lastAxis(x) === axis) return;
    const graph = node.graph;
    const make = (opType: string, inputs: Value[], attributes = {}): Value =>
      edit.addNode(opType, inputs, { graph, attributes, name: `${base(node)}_${opType}` })
        .outputs[0] as Value;
    const shape = make('Shape', [x]);
    edit.setInput(node, 0, make('Flatten', [x], { axis: intAttribute(axis) }));
    const type = y.type;
    edit.setType(y, undefined);
    const back = edit.addNode('Reshape', [y, shape], { graph, name: `${base(node)}_Reshape` });
    edit.setType(back.outputs[0] as Value, type);
    edit.replaceUses(y, back.outputs[0] as Value, [back]);
  },
};

const lastAxis = (value: Value): number | undefined =>
  value.type?.kind === 'tensor' && value.type.dims !== undefined
    ? value.type.dims.length - 1
    : undefined;

/** Resize 10 and Upsample sampled at x / scale, rounding down: from 11 on that has to be said. */
function sayOldSampling(edit: ModelEdit, node: Node): void {
  edit.setAttribute(node, 'coordinate_transformation_mode', stringAttribute('asymmetric'));
  edit.setAttribute(node, 'nearest_mode', stringAttribute('floor'));
}

/** Read by a node or by the caller. */
const isRead = (value: Value | undefined): boolean =>
  value !== undefined &&
  (value.uses.length > 0 || (value.producer?.graph.outputs.includes(value) ?? false));

/** Factors were an attribute before 9 and an input since; from 10 on Resize does it. */
function upsampleRewrite(edit: ModelEdit, node: Node, passes: Passes): void {
  const factors = node.attributes.get('scales');
  if (factors?.kind === 'floats' && passes(9)) {
    const tensor = float32Tensor([factors.value.length], factors.value);
    edit.setAttribute(node, 'scales', undefined);
    edit.setInput(node, 1, edit.addConstant(`${base(node)}_scales`, tensor));
  }
  if (!passes(10)) return;
  const [x, scales] = node.inputs;
  const inputs = passes(11) ? [x, undefined, scales] : [x, scales];
  const resize = replaceNode(edit, node, 'Resize', inputs);
  if (passes(11)) sayOldSampling(edit, resize);
}

/** Puts a node of another operator in the place of `node`, which has one output. */
function replaceNode(
  edit: ModelEdit,
  node: Node,
  opType: string,
  inputs: readonly (Value | undefined)[],
): Node {
  const [old] = node.outputs;
  if (old === undefined) throw new Error(`${node.name} has no output`);
  const made = edit.addNode(opType, inputs, {
    graph: node.graph,
    name: `${node.name || base(node)}_${opType}`,
    attributes: Object.fromEntries(node.attributes),
  });
  const [output] = made.outputs as readonly [Value];
  edit.setType(output, old.type);
  edit.replaceUses(old, output);
  edit.removeNode(node);
  return made;
}

const refused = (versions: readonly number[], reason: string): OpsetRule => ({
  obstacle: (_node, passes) => (versions.some(passes) ? reason : undefined),
  rewrite: () => undefined,
});

export const opsetRules = {
  BatchNormalization: {
    obstacle(node, passes) {
      if (passes(9) && attributeInt(node, 'spatial', 1) === 0)
        return 'spatial = 0 has no newer form';
      return passes(14) && node.outputs.length > 1 ? 'it has training outputs' : undefined;
    },
    rewrite: (edit, node) => edit.setAttribute(node, 'spatial', undefined),
  },
  Clip: {
    rewrite(edit, node, passes) {
      if (!passes(11)) return;
      ['min', 'max'].forEach((name, i) => {
        const limit = attributeFloat(node, name, Number.NaN);
        edit.setAttribute(node, name, undefined);
        if (!Number.isNaN(limit))
          edit.setInput(node, i + 1, edit.addConstant(`${base(node)}_${name}`, floatScalar(limit)));
      });
    },
  },
  Dropout: {
    obstacle: (node, passes) =>
      passes(12) && isRead(node.outputs[1]) ? 'its mask is read' : undefined,
    rewrite(edit, node, passes) {
      if (!passes(12)) return;
      edit.setAttribute(node, 'ratio', undefined);
      // The mask was a float before 10 and is a bool since.
      const mask = node.outputs[1];
      if (mask !== undefined) edit.setType(mask, undefined);
    },
  },
  GridSample: {
    rewrite(edit, node, passes) {
      const mode = attributeString(node, 'mode', 'bilinear');
      const renamed = mode === 'bilinear' ? 'linear' : mode === 'bicubic' ? 'cubic' : mode;
      if (passes(20)) edit.setAttribute(node, 'mode', stringAttribute(renamed));
    },
  },
  GroupNormalization: refused(
    operatorChanges.GroupNormalization,
    'scale and bias are per channel from 21 on',
  ),
  Hardmax: flattenedSoftmax,
  LogSoftmax: flattenedSoftmax,
  Pad: {
    rewrite(edit, node, passes) {
      if (!passes(11)) return;
      const value = attributeFloat(node, 'value', 0);
      edit.setAttribute(node, 'value', undefined);
      attributeToInput(edit, node, 'pads', 1);
      if (value !== 0)
        edit.setInput(node, 2, edit.addConstant(`${base(node)}_value`, floatScalar(value)));
    },
  },
  ReduceL1: axesToInput(18),
  ReduceL2: axesToInput(18),
  ReduceLogSum: axesToInput(18),
  ReduceLogSumExp: axesToInput(18),
  ReduceMax: axesToInput(18),
  ReduceMean: axesToInput(18),
  ReduceMin: axesToInput(18),
  ReduceProd: axesToInput(18),
  ReduceSum: axesToInput(13),
  ReduceSumSquare: axesToInput(18),
  Resize: {
    obstacle: (node, passes) =>
      passes(13) &&
      attributeString(node, 'coordinate_transformation_mode', '') === 'tf_half_pixel_for_nn'
        ? 'tf_half_pixel_for_nn was removed'
        : undefined,
    rewrite(edit, node, passes) {
      if (!passes(11)) return;
      edit.setInput(node, 2, node.inputs[1]);
      edit.setInput(node, 1, undefined);
      sayOldSampling(edit, node);
    },
  },
  RoiAlign: {
    rewrite(edit, node, passes) {
      if (passes(16) && !node.attributes.has('coordinate_transformation_mode'))
        edit.setAttribute(
          node,
          'coordinate_transformation_mode',
          stringAttribute('output_half_pixel'),
        );
    },
  },
  Scan: refused(operatorChanges.Scan, 'its inputs were numbered differently before 9'),
  Scatter: {
    rewrite(edit, node, passes) {
      if (passes(11)) replaceNode(edit, node, 'ScatterElements', node.inputs);
    },
  },
  Slice: {
    rewrite(edit, node, passes) {
      if (passes(10))
        ['starts', 'ends', 'axes'].forEach((name, i) => attributeToInput(edit, node, name, i + 1));
    },
  },
  Softmax: flattenedSoftmax,
  Split: {
    rewrite(edit, node, passes) {
      if (passes(13)) attributeToInput(edit, node, 'split', 1);
      if (passes(18) && node.inputs[1] === undefined)
        edit.setAttribute(node, 'num_outputs', intAttribute(node.outputs.length));
    },
  },
  Squeeze: axesToInput(13),
  TopK: {
    rewrite(edit, node, passes) {
      if (!passes(10)) return;
      const k = attributeInt(node, 'k', 1);
      edit.setAttribute(node, 'k', undefined);
      edit.setInput(node, 1, edit.addConstant(`${base(node)}_k`, int64Tensor([1], [k])));
    },
  },
  Unsqueeze: axesToInput(13),
  Upsample: {
    obstacle(node, passes) {
      const known = ['nearest', 'linear'].includes(attributeString(node, 'mode', 'nearest'));
      return passes(10) && !known ? 'its mode has no newer form' : undefined;
    },
    rewrite: upsampleRewrite,
  },
} as const satisfies Record<ChangedOperator, OpsetRule>;
