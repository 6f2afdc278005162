import type { Node } from '../../graph/index.ts';
import type { Dim } from './dim.ts';
import type { SizeExpression } from './size-expression.ts';

/** Numbers in the graph that name lengths of axes, to be written anew when those shrink. */
export type LengthFix =
  /** An integer attribute that is the length of `dim`: `group`, `num_groups`, `hidden_size`. */
  | {
      readonly kind: 'attribute';
      readonly node: Node;
      readonly name: string;
      readonly dim: Dim;
    }
  /**
   * Input `index` is a vector of lengths, one for each axis of `dims` (Reshape, Expand, sizes of Resize). `entries` says how each is made:
   * a number is written anew where its axis shrinks, a computed one comes out right by itself. 0 and -1 stay.
   */
  | {
      readonly kind: 'target';
      readonly node: Node;
      readonly index: number;
      readonly entries: readonly SizeExpression[];
      readonly dims: readonly Dim[];
    }
  /** Split into these ranges. */
  | { readonly kind: 'split'; readonly node: Node; readonly ranges: readonly Dim[] }
  /** Entry `entry` of the `entries` starts and ends of a Slice: the range comes after `before`. */
  | {
      readonly kind: 'slice';
      readonly node: Node;
      readonly entry: number;
      readonly entries: number;
      readonly before: readonly Dim[];
      readonly range: Dim;
    }
  /** The one position a Gather picks comes after `before`. */
  | {
      readonly kind: 'index';
      readonly node: Node;
      readonly before: readonly Dim[];
    };
