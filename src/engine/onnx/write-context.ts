import type { Part } from '../core/index.ts';
import type { Graph } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Place } from './write-tensor.ts';

/** Where tensors go. */
export interface TensorPlaces {
  placeOfInitializer(tensor: Tensor): Place;
  placeOfAttribute(tensor: Tensor): Place;
}

/** What the parts of a graph are written with: graphs hold attributes and attributes hold graphs. */
export interface WriteContext extends TensorPlaces {
  graph(graph: Graph): Part[];
}
