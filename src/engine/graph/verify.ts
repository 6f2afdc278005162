import { EngineError } from '../core/index.ts';
import { elementCount, packedBytes, tensorByteLength } from '../tensor/index.ts';
import type { Graph, Model, Node, Value } from './model.ts';
import { subgraphsOf } from './read.ts';

/** One thing that is wrong with a graph, and where. */
export interface Problem {
  readonly where: string;
  readonly detail: string;
}

/**
 * Checks the invariants every pass and method may rely on: names unique in their scope, every input produced before it is
 * read (or given, or constant, or from an outer graph), outputs produced, links in both directions agree,
 * tensor bytes match their dims, every domain used has an opset version. Linear in the size of the graph.
 */
export function verify(model: Model): Problem[] {
  const problems: Problem[] = [];
  const report = (where: string, detail: string): void => {
    if (problems.length < 100) problems.push({ where, detail });
  };
  if (!model.opsets.has('')) {
    if (model.graph.nodes.some((node) => node.domain === ''))
      report('opset_import', 'no version of the default domain');
  }
  const local = new Set(model.functions.map((fn) => fn.domain));
  verifyGraph(model.graph, 'graph', new Set(), new Set(), report, (node, where) => {
    if (!model.opsets.has(node.domain) && !local.has(node.domain))
      report(where, `operator ${node.opType} of domain "${node.domain}" without an opset version`);
  });
  return problems;
}

export function assertValid(model: Model): void {
  const [first] = verify(model);
  if (first !== undefined) throw new EngineError('graph/invalid', first);
}

function verifyGraph(
  graph: Graph,
  path: string,
  outerValues: ReadonlySet<Value>,
  outerNames: ReadonlySet<string>,
  report: (where: string, detail: string) => void,
  checkNode: (node: Node, where: string) => void,
): void {
  const values = new Set<Value>(outerValues);
  const names = new Set<string>(outerNames);
  const define = (value: Value, where: string): void => {
    if (value.name === '') report(where, 'a value without a name');
    if (names.has(value.name)) report(where, `the name "${value.name}" is defined twice`);
    names.add(value.name);
    values.add(value);
  };
  graph.inputs.forEach((input, i) => define(input, `${path}.input[${i}]`));
  graph.constants.forEach((value, i) => {
    const where = `${path}.initializer[${i}]`;
    if (!values.has(value)) define(value, where);
    checkConstant(value, where, report);
  });
  graph.nodes.forEach((node, i) => {
    const where = `${path}.node[${i}]`;
    if (node.graph !== graph) report(where, `${node.opType} is linked to another graph`);
    checkNode(node, where);
    node.inputs.forEach((input, index) => {
      if (input === undefined) return;
      if (!values.has(input))
        report(
          where,
          `input ${index} of ${node.opType} reads "${input.name}" before it is produced`,
        );
      if (!input.uses.some((use) => use.node === node && use.index === index))
        report(where, `"${input.name}" does not know that ${node.opType} reads it`);
    });
    subgraphsOf(node).forEach((sub, k) => {
      verifyGraph(sub, `${where}.graph[${k}]`, values, names, report, checkNode);
    });
    for (const output of node.outputs) {
      if (output === undefined) continue;
      define(output, where);
      if (output.producer !== node) report(where, `"${output.name}" names another producer`);
    }
  });
  graph.outputs.forEach((output, i) => {
    if (!values.has(output)) report(`${path}.output[${i}]`, `"${output.name}" is never produced`);
  });
}

function checkConstant(
  value: Value,
  where: string,
  report: (where: string, detail: string) => void,
): void {
  if (value.sparse !== undefined) return;
  const tensor = value.constant;
  if (tensor === undefined)
    return report(where, `"${value.name}" is listed as a constant and has no data`);
  if (tensor.dtype === 'string') return;
  const expected = packedBytes(tensor.dtype, elementCount(tensor.dims));
  const actual = tensorByteLength(tensor);
  if (expected !== actual)
    report(
      where,
      `"${value.name}" is ${tensor.dtype}[${tensor.dims.join(',')}] = ${expected} bytes and has ${actual}`,
    );
}
