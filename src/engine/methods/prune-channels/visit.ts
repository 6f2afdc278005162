import type { Node, Value } from '../../graph/index.ts';
import type { Layout } from './layout.ts';
import type { Trace } from './trace.ts';

/** One operator that reads the channels at input `index`. */
export interface Visit {
  readonly trace: Trace;
  readonly node: Node;
  readonly index: number;
  readonly value: Value;
  readonly layout: Layout;
}

export type Rule = (visit: Visit) => void;
