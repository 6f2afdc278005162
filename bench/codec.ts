import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { partsSize, unwrap } from '../src/engine/core/index.ts';
import { buildModel, edit, verify, type Model, type Value } from '../src/engine/graph/index.ts';
import { modelSize, readModel, writeBytes, writeModel } from '../src/engine/onnx/index.ts';
import { float32Tensor } from '../src/engine/tensor/index.ts';

/** The file codec against onnx-buf, the ONNX schema on @bufbuild/protobuf, interleaved: many nodes, and many bytes. */
export async function codec(): Promise<void> {
  const nodes = writeBytes(manyNodes(50_000));
  console.log(`  50,000 nodes, ${(nodes.length / 1e6).toFixed(1)} MB`);
  compare(
    'read',
    () => unwrap(readModel(nodes)),
    () => fromBinary(ModelProtoSchema, nodes),
    15,
  );
  const model = unwrap(readModel(nodes));
  const peer = fromBinary(ModelProtoSchema, nodes);
  compare(
    'write',
    () => writeModel(model),
    () => toBinary(ModelProtoSchema, peer),
    15,
  );
  alone('size', () => modelSize(model), 9);
  alone('edit, nothing changed', () => edit(model, () => undefined), 9);
  alone('verify', () => verify(model), 9);

  const large = writeBytes(manyBytes(24, 4_200_000));
  console.log(`  24 tensors, ${(large.length / 1e6).toFixed(0)} MB`);
  compare(
    'read',
    () => unwrap(readModel(large)),
    () => fromBinary(ModelProtoSchema, large),
    9,
  );
  const weights = unwrap(readModel(large));
  const weightsPeer = fromBinary(ModelProtoSchema, large);
  compare(
    'write',
    () => partsSize(writeModel(weights).parts),
    () => toBinary(ModelProtoSchema, weightsPeer).length,
    3,
  );
  memory(
    'write',
    () => writeModel(weights),
    () => toBinary(ModelProtoSchema, weightsPeer),
  );
}

const float = { kind: 'tensor', dtype: 'float32', dims: [1, 8] } as const;

const manyNodes = (count: number): Model =>
  buildModel(17, (e) => {
    let x: Value = e.addInput('x', float);
    const one = e.addConstant('one', float32Tensor([], [1]));
    for (let i = 0; i < count; i += 2) {
      const sum = e.op('Add', [x, one]);
      x = e.op('LeakyRelu', [sum], { alpha: { kind: 'float', value: 0.1 } });
    }
    e.addOutput(x);
  });

const manyBytes = (tensors: number, elements: number): Model =>
  buildModel(17, (e) => {
    let x: Value = e.addInput('x', float);
    for (let i = 0; i < tensors; i++)
      x = e.op('Add', [
        x,
        e.addConstant('w', float32Tensor([elements], new Float32Array(elements).fill(i))),
      ]);
    e.addOutput(x);
  });

const timed = (work: () => unknown): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function compare(what: string, ours: () => unknown, theirs: () => unknown, rounds: number): void {
  const pairs = Array.from({ length: rounds }, () => [timed(ours), timed(theirs)] as const);
  const [a, b] = [median(pairs.map(([ms]) => ms)), median(pairs.map(([, ms]) => ms))];
  const ratio = median(pairs.map(([mine, other]) => mine / other));
  console.log(
    `    ${what}: ${a.toFixed(1)} ms, onnx-buf ${b.toFixed(1)} ms, ratio ${ratio.toFixed(3)}`,
  );
}

function alone(what: string, work: () => unknown, rounds: number): void {
  console.log(
    `    ${what}: ${median(Array.from({ length: rounds }, () => timed(work))).toFixed(1)} ms`,
  );
}

/** Bytes of buffers that stand after the work, result included. Scratch buffers already collected do not show. */
function memory(what: string, ours: () => unknown, theirs: () => unknown): void {
  const grown = (work: () => unknown): number => {
    const before = process.memoryUsage().arrayBuffers;
    const result = work();
    return result === undefined ? 0 : process.memoryUsage().arrayBuffers - before;
  };
  const [a, b] = [grown(ours), grown(theirs)];
  console.log(
    `    ${what}, buffers: ${(a / 1e6).toFixed(1)} MB, onnx-buf ${(b / 1e6).toFixed(0)} MB`,
  );
}
