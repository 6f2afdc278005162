import { joinParts } from '../core/index.ts';
import type { LocalFunction, Model } from '../graph/index.ts';
import type { RawNotes } from './notes.ts';
import { PartWriter } from './part-writer.ts';
import type { WriteContext } from './write-context.ts';
import { writeNode } from './write-graph.ts';

/**
 * A function stored in the model's file (FunctionProto: name 1, input 4, output 5, node 7, opset_import 9, domain 10), made from a
 * small model whose graph is the body: its inputs and outputs become the function's, its operator sets the
 * function's own. A function holds no initializers, so the body's constants have to be Constant nodes.
 */
export function localFunction(domain: string, name: string, body: Model): LocalFunction {
  const { graph } = body;
  if (graph.constants.length > 0) throw new Error(`the body of ${name} has an initializer`);
  const w = new PartWriter();
  w.text(1, name);
  for (const input of graph.inputs) w.text(4, input.name);
  for (const output of graph.outputs) w.text(5, output.name);
  for (const node of graph.nodes) writeNode(w, node, inside, 7);
  for (const [imported, version] of body.opsets) {
    w.small(9, () => {
      if (imported !== '') w.text(1, imported);
      w.int(2, version);
    });
  }
  w.text(10, domain);
  const notes: RawNotes = { raw: joinParts(w.finish()), external: [] };
  const calls = new Set(graph.nodes.map((node) => `${node.domain}:${node.opType}`));
  return { domain, name, overload: '', calls: [...calls], opaque: notes };
}

const inside: WriteContext = {
  placeOfInitializer: () => ({ kind: 'inside' }),
  placeOfAttribute: () => ({ kind: 'inside' }),
  graph: () => {
    throw new Error('the body of a function made here has no subgraphs');
  },
};
