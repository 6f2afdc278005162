import {
  createRecipeContext,
  observe,
  parseRecipe,
  qualityOf,
  quietTask,
  readModel,
  runRecipe,
  sessionOptionsFor,
  toModelFile,
  unwrap,
  writeBytes,
  type BoundData,
  type Model,
  type Observation,
  type Runtime,
} from '../../src/engine/index.ts';
import { bindData } from '../../src/cli/bind-data.ts';
import { createNodeRuntime } from '../../src/cli/node-runtime.ts';
import { openModelFile } from '../../src/cli/open-files.ts';

/**
 * The file that the studio exports, run by onnxruntime-node, against the studio's own WASM session of the same bytes: predictions must be
 * equal, the float difference is printed. Integer kernels of the two builds may round apart by one step of the grid, so for int8 recipes
 * a prediction may differ where two classes are within that step; such samples are counted and named, never hidden.
 */
const samples = ['digits', 'fashion', 'fashion-mobile'];
const recipes: readonly (readonly [string, readonly object[]])[] = [
  ['original', []],
  ['prune-weights 50 %', [{ method: 'prune-weights', ratio: 0.5 }]],
  ['prune-channels 30 %', [{ method: 'prune-channels', ratio: 0.3 }]],
  ['quantize-float16', [{ method: 'quantize-float16' }]],
  ['quantize-int8 static', [{ method: 'quantize-int8' }]],
  ['quantize-int8 weights only', [{ method: 'quantize-int8', mode: 'weights-only' }]],
  ['quantize-weights 4 bits', [{ method: 'quantize-weights', bits: 4 }]],
];
const count = 500;

const wasm = await createNodeRuntime('wasm', 1);
const native = await createNodeRuntime('native', 1);
let failed = 0;
let passed = 0;

for (const name of samples) {
  const { model } = openModelFile(`public/samples/${name}/model.onnx`);
  const data = await bindData(model, { data: `sample:${name}` });
  for (const [title, steps] of recipes) {
    const exported = await exportWith(model, steps, data);
    if (typeof exported === 'string') {
      console.log(`${name}, ${title}: refused (${exported})`);
      continue;
    }
    const [here, there] = [
      await outputsOf(exported, wasm, data),
      await outputsOf(exported, native, data),
    ];
    const { fidelity } = qualityOf(here, there);
    const differing = Math.round((1 - (fidelity.top1Agreement ?? 0)) * fidelity.samples);
    if (differing === 0) passed++;
    else failed++;
    console.log(
      `${name}, ${title}: ${differing === 0 ? 'equal' : `${differing} DIFFERENT`} predictions on ${fidelity.samples}, largest float difference ${fidelity.maxAbsError.toExponential(2)}, SQNR ${fidelity.sqnrDb.toFixed(1)} dB`,
    );
  }
}
await wasm.dispose();
await native.dispose();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** The exported bytes read again, or why the recipe is refused. */
async function exportWith(
  model: Model,
  steps: readonly object[],
  data: BoundData | undefined,
): Promise<Model | string> {
  const recipe = unwrap(parseRecipe({ version: 1, steps }));
  const runtime = (): Promise<Runtime> => Promise.resolve(wasm);
  try {
    const result = await runRecipe(
      model,
      recipe,
      createRecipeContext({ backend: 'wasm', runtime, data, dims: {}, task: quietTask }),
    );
    return unwrap(readModel(writeBytes(result.model)));
  } catch (error) {
    if (error instanceof Error && error.name === 'EngineError') return error.message;
    throw error;
  }
}

async function outputsOf(
  model: Model,
  runtime: Runtime,
  data: BoundData | undefined,
): Promise<Observation> {
  const session = await runtime.create(
    toModelFile(model),
    sessionOptionsFor(model, runtime.backend),
  );
  try {
    return await observe({
      model,
      session,
      data,
      source: 'sample',
      samples: count,
      dims: {},
      task: quietTask,
    });
  } finally {
    await session.release();
  }
}
