/**
 * npx tsx scripts/trainable-share.ts [FOLDER] prints, for every .onnx file of the folder (../shared/models unless told otherwise), which
 * share of its weights gradients reach, or the operator that stands in the way. Each gradient graph is built and run once.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createNodeRuntime } from '../src/cli/node-runtime.ts';
import { unwrap } from '../src/engine/core/index.ts';
import { readModel } from '../src/engine/onnx/index.ts';
import { prepareForTraining } from '../src/engine/train/index.ts';
import { carriesGradient, trainableShare } from '../src/engine/train/trainable-share.ts';
import { reachedWeights } from '../src/engine/train/testing/reached-weights.ts';

const folder = process.argv[2] ?? '../shared/models';
if (!existsSync(folder)) throw new Error(`${folder} does not exist`);
const runtime = await createNodeRuntime('wasm', 1);
const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'));

console.log('| model | weights | elements | share | moved by one step | not weights | note |');
console.log('| --- | ---: | ---: | ---: | ---: | --- | --- |');
for (const file of files) console.log(`| ${(await rowOf(file)).join(' | ')} |`);
await runtime.dispose();

async function rowOf(file: string): Promise<readonly string[]> {
  try {
    const bytes = new Uint8Array(readFileSync(path.join(folder, file)));
    const model = prepareForTraining(unwrap(readModel(bytes)));
    const share = trainableShare(model);
    const percent = share.totalElements === 0 ? 0 : share.trainedElements / share.totalElements;
    const [obstacle] = share.obstacles;
    const reached =
      share.trained.length === 0
        ? undefined
        : await reachedWeights(model, runtime, undefined, share.trained);
    const still = reached?.still.map(({ weight, why }) => `${weight.name}: ${why}`) ?? [];
    return [
      file,
      String(share.trained.length + share.blocked.length),
      String(share.totalElements),
      `${(100 * percent).toFixed(1)} %`,
      reached === undefined ? 'not run' : `${reached.moved.length} of ${reached.weights.length}`,
      `${share.statistics.length} statistics, ${share.fixed.length} tables`,
      [
        obstacle && `${obstacle.node.name}: ${obstacle.detail}`,
        model.graph.outputs.some(carriesGradient) ? undefined : 'every output is made of integers',
        ...still,
      ]
        .filter((text) => text !== undefined)
        .join('; '),
    ];
  } catch (error) {
    return [file, '', '', '', '', '', error instanceof Error ? error.message : String(error)];
  }
}
