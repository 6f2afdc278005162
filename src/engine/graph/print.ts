import {
  dtypeTable,
  elementCount,
  tensorBytes,
  toFloat32,
  typedView,
  type Tensor,
} from '../tensor/index.ts';
import type { Attribute, Graph, Model, Node, Value, ValueType } from './model.ts';

/**
 * A model as text, one line a node, close to ONNX's textual syntax: for error reports, tests and reading.
 *
 *     model ir 10, opset 17 com.microsoft 1, from pytorch 2.1
 *     graph main(x: float32[N,3,224,224]) → (y: float32[N,1000]) {
 *       w: float32[64,3,7,7]
 *       h = Conv(x, w, strides = [2, 2])  # conv1
 *     }
 */
export function print(model: Model): string {
  const opsets = [...model.opsets].map(
    ([domain, version]) => `${domain === '' ? 'opset' : shown(domain)} ${version}`,
  );
  const producer = `${model.producer.name} ${model.producer.version}`.trim();
  const head = [
    `model ir ${model.irVersion}, ${opsets.join(' ')}`,
    ...(producer === '' ? [] : [`from ${shown(producer)}`]),
  ];
  const functions = model.functions.map(
    (fn) => `function ${shown(fn.domain)}.${shown(fn.name)} calls ${fn.calls.map(shown).join(' ')}`,
  );
  return [head.join(', '), ...functions, ...graphLines(model.graph, 'graph ')].join('\n');
}

function graphLines(graph: Graph, before: string): string[] {
  const inputs = graph.inputs.map(typedName).join(', ');
  const outputs = graph.outputs.map(typedName).join(', ');
  return [
    `${before}${shown(graph.name)}(${inputs}) → (${outputs}) {`,
    ...graph.constants.map((value) => `  ${constantLine(value)}`),
    ...graph.nodes.flatMap((node) => nodeLines(node).map((line) => `  ${line}`)),
    '}',
  ];
}

/** One line; the graphs inside the node follow, indented. */
export function nodeLines(node: Node): string[] {
  const attributes = [...node.attributes].map(
    ([name, attribute]) => `${shown(name)} = ${attributeText(attribute)}`,
  );
  const inputs = node.inputs.map((input) => (input === undefined ? '_' : shown(input.name)));
  const outputs = node.outputs.map((output) => (output === undefined ? '_' : shown(output.name)));
  const operator = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
  const comment = node.name === '' ? '' : `  # ${shown(node.name)}`;
  const line = `${outputs.join(', ')} = ${shown(operator)}(${[...inputs, ...attributes].join(', ')})${comment}`;
  const inner = [...node.attributes].flatMap(
    ([name, { kind, value }]: [string, { kind: string; value?: unknown }]) =>
      kind === 'graph' || kind === 'graphs'
        ? [value].flat().flatMap((graph) => graphLines(graph as Graph, `${shown(name)}: graph `))
        : [],
  );
  return [line, ...inner.map((text) => `  ${text}`)];
}

const typedName = (value: Value): string =>
  value.type === undefined ? shown(value.name) : `${shown(value.name)}: ${typeText(value.type)}`;

export function typeText(type: ValueType): string {
  if (type.kind === 'other') return type.description;
  const dims =
    type.dims === undefined
      ? ''
      : `[${type.dims.map((dim) => (dim === undefined ? '?' : shown(String(dim)))).join(',')}]`;
  return `${type.dtype ?? '?'}${dims}`;
}

function constantLine({ name, constant, sparse }: Value): string {
  if (sparse !== undefined) {
    const { dims, values } = sparse;
    return `${shown(name)}: sparse ${values.dtype}[${dims.join(',')}], ${elementCount(values.dims)} stored`;
  }
  return constant === undefined ? shown(name) : `${shown(name)}: ${tensorText(constant)}`;
}

/** How many elements of a tensor or a list are shown. */
const shownElements = 8;

/** Type and dims; the elements, too, if there are few. */
export function tensorText(tensor: Tensor): string {
  const type = `${tensor.dtype}[${tensor.dims.join(',')}]`;
  const count = elementCount(tensor.dims);
  if (count > shownElements || dtypeTable[tensor.dtype].kind === 'complex') return type;
  return `${type} {${elements(tensor).join(', ')}}`;
}

function elements(tensor: Tensor): string[] {
  if (Array.isArray(tensor.data)) return tensor.data.map((text: Uint8Array) => bytesText(text));
  if (tensorBytes(tensor).length === 0) return [];
  if (tensor.dtype === 'int64' || tensor.dtype === 'uint64' || tensor.dtype === 'float64')
    return Array.from(typedView(tensor) as BigInt64Array, String);
  return Array.from(toFloat32(tensor), floatText);
}

/** The shortest decimal that is this float32. */
function floatText(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(value);
}

function attributeText(attribute: Attribute): string {
  switch (attribute.kind) {
    case 'int':
      return String(attribute.value);
    case 'float':
      return floatText(attribute.value);
    case 'string':
      return bytesText(attribute.value);
    case 'ints':
      return listText(attribute.value, String);
    case 'floats':
      return listText(attribute.value, floatText);
    case 'strings':
      return listText(attribute.value, bytesText);
    case 'tensor':
      return tensorText(attribute.value);
    case 'tensors':
      return listText(attribute.value, tensorText);
    case 'graph':
      return `graph ${shown(attribute.value.name)}`;
    case 'graphs':
      return listText(attribute.value, (graph) => `graph ${shown(graph.name)}`);
    default:
      return `<${shown(attribute.description)}>`;
  }
}

function listText<T>(items: readonly T[], show: (item: T) => string): string {
  const few = items.slice(0, shownElements).map(show);
  return `[${[...few, ...(items.length > few.length ? [`… ${items.length} in all`] : [])].join(', ')}]`;
}

const bytesText = (bytes: Uint8Array): string =>
  JSON.stringify(shown(new TextDecoder().decode(bytes.subarray(0, 200))));

/** Names come from the file: without control characters, line breaks or endless length. */
const shown = (name: string): string => {
  const short = name.length > 200 ? `${name.slice(0, 199)}…` : name;
  return short.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '�');
};
