import type { ExternalFiles } from './external-data.ts';
import { notesOfTensor, type ExternalRef } from './notes.ts';
import { readTensor } from './read-tensor.ts';
import {
  attributeTags,
  functionTags,
  graphTags,
  maxGraphDepth,
  nodeTags,
  sparseTags,
  trainingTags,
} from './schema.ts';
import type { WireCursor } from './wire-cursor.ts';

/**
 * Walks a message that the IR keeps encoded (functions, training info, sparse attributes) and checks every tensor in it as
 * those of the graph are checked, so that no external reference hides there. Calls of operators are handed to `onCall`.
 */
type Holder = 'graph' | 'node' | 'attribute' | 'sparse' | 'training' | 'function';
type Child = Holder | 'tensor';

const children: Readonly<Record<Holder, ReadonlyMap<number, readonly [Child, string]>>> = {
  graph: new Map([
    [graphTags.node, ['node', 'node']],
    [graphTags.initializer, ['tensor', 'initializer']],
    [graphTags.sparse, ['sparse', 'sparse_initializer']],
  ]),
  node: new Map([[nodeTags.attribute, ['attribute', 'attribute']]]),
  attribute: new Map([
    [attributeTags.tensor, ['tensor', 't']],
    [attributeTags.tensors, ['tensor', 'tensors']],
    [attributeTags.graph, ['graph', 'g']],
    [attributeTags.graphs, ['graph', 'graphs']],
    [attributeTags.sparse, ['sparse', 'sparse_tensor']],
    [attributeTags.sparses, ['sparse', 'sparse_tensors']],
  ]),
  sparse: new Map([
    [sparseTags.values, ['tensor', 'values']],
    [sparseTags.indices, ['tensor', 'indices']],
  ]),
  training: new Map([
    [trainingTags.initialization, ['graph', 'initialization']],
    [trainingTags.algorithm, ['graph', 'algorithm']],
  ]),
  function: new Map([
    [functionTags.node, ['node', 'node']],
    [functionTags.attribute, ['attribute', 'attribute_proto']],
  ]),
};

/** The external data named inside bytes [start, end), which are a message of kind `holder`. Leaves the cursor at `end`. */
export function externalInside(
  c: WireCursor,
  holder: Holder,
  start: number,
  end: number,
  files: ExternalFiles,
  onCall?: (domain: string, opType: string) => void,
): ExternalRef[] {
  const found: ExternalRef[] = [];
  const walk = (kind: Holder, stop: number, depth: number): void => {
    if (depth > 4 * maxGraphDepth)
      c.fail('onnx/too-deep', `graphs nested more than ${maxGraphDepth} deep`);
    const fields = children[kind];
    let domain = '';
    let opType = '';
    for (let i = 0; c.pos < stop; ) {
      const tag = c.tag(stop);
      const child = fields.get(tag);
      if (child === undefined) {
        if (kind === 'node' && tag === nodeTags.domain) domain = c.text(stop);
        else if (kind === 'node' && tag === nodeTags.opType) opType = c.text(stop);
        else c.skip(tag, stop);
        continue;
      }
      const inner = c.length(stop) + c.pos;
      c.enter(child[1], i++);
      if (child[0] === 'tensor') {
        const external = notesOfTensor(readTensor(c, inner, files).tensor)?.external;
        if (external !== undefined) found.push(external);
      } else walk(child[0], inner, depth + 1);
      c.leave();
    }
    if (kind === 'node') onCall?.(domain === 'ai.onnx' ? '' : domain, opType);
  };
  c.pos = start;
  walk(holder, end, 0);
  return found;
}
