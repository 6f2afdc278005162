import { edit, type ModelEdit } from './edit.ts';
import type { Model } from './model.ts';

/** A model made from nothing: for gradient graphs, generated networks and tests. */
export function buildModel(
  opset: number,
  build: (edit: ModelEdit) => void,
  name = 'whittle',
): Model {
  const empty: Model = {
    graph: { name, inputs: [], outputs: [], nodes: [], constants: [], annotated: [] },
    opsets: new Map([['', opset]]),
    irVersion: 10,
    producer: { name: 'whittle', version: '' },
    domain: '',
    modelVersion: 0n,
    doc: '',
    metadata: new Map(),
    functions: [],
  };
  return edit(empty, build);
}
