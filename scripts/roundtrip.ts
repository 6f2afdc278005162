/**
 * npx tsx scripts/roundtrip.ts FOLDER… reads every .onnx file below the folders, writes it, and compares the two as protobuf
 * messages (decoded by onnx-buf, unknown fields included; repeated fields in order). Prints how many of how many are equal.
 */
import { createRegistry, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ByteSource, joinParts, memorySource } from '../src/engine/core/index.ts';
import { readModel, requiredExternalFiles, writeModel } from '../src/engine/onnx/index.ts';

const comparison = { registry: createRegistry(), unknown: true };

function* modelsIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* modelsIn(path);
    else if (entry.name.endsWith('.onnx')) yield path;
  }
}

function roundTrip(path: string): string | undefined {
  const bytes = new Uint8Array(readFileSync(path));
  const external = new Map<string, ByteSource>();
  for (const name of requiredExternalFiles(bytes))
    external.set(name, memorySource(new Uint8Array(readFileSync(join(dirname(path), name))), name));
  const model = readModel(bytes, { name: basename(path), external });
  if (!model.ok) return `${model.error.code} ${model.error.message}`;
  const written = joinParts(writeModel(model.value).parts);
  return sameMessage(bytes, written) ? undefined : 'differs';
}

function sameMessage(a: Uint8Array, b: Uint8Array): boolean {
  const [left, right] = [fromBinary(ModelProtoSchema, a), fromBinary(ModelProtoSchema, b)];
  if (equals(ModelProtoSchema, left, right, comparison)) return true;
  // A NaN is not equal to itself; its encoding is.
  return Buffer.compare(toBinary(ModelProtoSchema, left), toBinary(ModelProtoSchema, right)) === 0;
}

let total = 0;
let equal = 0;
for (const folder of process.argv.slice(2)) {
  for (const path of modelsIn(folder)) {
    total++;
    const problem = roundTrip(path);
    if (problem === undefined) equal++;
    else console.log(`${path}: ${problem}`);
  }
}
console.log(`${equal} of ${total} equal`);
if (total === 0 || equal < total) process.exitCode = 1;
