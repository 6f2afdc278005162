import { edit, type Model, type Value } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Feeds, Runtime } from '../../runtime/index.ts';

/** Shapes of every value of a tiny test model, from one run with all values as outputs. */
export async function measuredShapes(
  runtime: Runtime,
  model: Model,
  feeds: Feeds,
): Promise<ReadonlyMap<Value, readonly number[]>> {
  const values = model.graph.nodes.flatMap((node) =>
    node.outputs.filter((value) => value !== undefined),
  );
  const exposed = edit(model, (change) => change.setOutputs(values));
  const session = await runtime.create(
    { bytes: writeBytes(exposed) },
    { optimization: 'disabled' },
  );
  const results = await session.run(feeds);
  await session.release();
  const shapes = new Map<Value, readonly number[]>();
  for (const value of values) shapes.set(value, results[value.name]?.dims ?? []);
  for (const input of model.graph.inputs) shapes.set(input, feeds[input.name]?.dims ?? []);
  return shapes;
}
