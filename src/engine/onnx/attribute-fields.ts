import type { Part } from '../core/index.ts';
import type { Tensor } from '../tensor/index.ts';
import type { GraphDraft } from './drafts.ts';

/** AttributeProto: one value, chosen by `type` (or, in the oldest files, by the only field there is). */
export interface AttributeFields {
  name: string;
  type: number;
  reference: string;
  float: number | undefined;
  int: number | bigint | undefined;
  string: Uint8Array | undefined;
  tensor: Tensor | undefined;
  graph: GraphDraft | undefined;
  floats: number[] | undefined;
  ints: (number | bigint)[] | undefined;
  strings: Uint8Array[] | undefined;
  tensors: Tensor[] | undefined;
  graphs: GraphDraft[] | undefined;
  rest: Part[] | undefined;
  /** Which of the value fields were there: bit `1 << attribute type`. */
  seen: number;
}

/** One for each depth of graphs, used again for every attribute. */
export function cleared(scratch: AttributeFields[], depth: number): AttributeFields {
  const found = scratch[depth];
  if (found === undefined) {
    const made: AttributeFields = {
      name: '',
      type: 0,
      reference: '',
      float: undefined,
      int: undefined,
      string: undefined,
      tensor: undefined,
      graph: undefined,
      floats: undefined,
      ints: undefined,
      strings: undefined,
      tensors: undefined,
      graphs: undefined,
      rest: undefined,
      seen: 0,
    };
    scratch[depth] = made;
    return made;
  }
  found.name = '';
  found.type = 0;
  found.reference = '';
  found.float = undefined;
  found.int = undefined;
  found.string = undefined;
  found.tensor = undefined;
  found.graph = undefined;
  found.floats = undefined;
  found.ints = undefined;
  found.strings = undefined;
  found.tensors = undefined;
  found.graphs = undefined;
  found.rest = undefined;
  found.seen = 0;
  return found;
}
