import type { Node } from '../../../graph/index.ts';
import type { Tracer } from '../tracer.ts';

/**
 * Says which axes of an operator's inputs and outputs are the same channels. Sets the axes of the outputs; throws Stop where it does not
 * understand the case.
 */
export type Rule = (tracer: Tracer, node: Node) => void;
