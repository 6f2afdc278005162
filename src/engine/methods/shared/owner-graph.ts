import { allGraphs, type Graph, type Model, type Value } from '../../graph/index.ts';

/** The graph (main or sub) whose initializer a value is: what reads it in its place has to lie there as well. */
export const ownerGraph = (model: Model, value: Value): Graph =>
  [...allGraphs(model.graph)].find((graph) => graph.constants.includes(value)) ?? model.graph;
