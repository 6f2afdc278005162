import {
  coldStart,
  latencyProtocols,
  measureLatency,
  probeFeeds,
  quietTask,
  toModelFile,
} from '../src/engine/index.ts';
import { withNodeRuntime } from '../src/cli/node-runtime.ts';
import { openModelFile } from '../src/cli/open-files.ts';

/**
 * A against A: one model in two sessions, measured as original and variant with the full protocol. The interval of the speedup should
 * contain 1 and be narrow (target ±3 % on a quiet machine). The control is the same samples taken in blocks (AAA…BBB…), which is
 * what a naive stopwatch does.
 */
export async function noise(): Promise<void> {
  const { model } = openModelFile('public/samples/digits/model.onnx');
  await withNodeRuntime(async (runtime) => {
    const feeds = await probeFeeds(model, undefined, {});
    const file = toModelFile(model);
    let contained = 0;
    const rounds = 5;
    for (let i = 0; i < rounds; i++) {
      const reference = await coldStart(runtime, file, feeds);
      const twin = await coldStart(runtime, file, feeds);
      const clock = { nowMs: () => performance.now() };
      const { variants } = await measureLatency({
        runtime,
        reference,
        variants: [twin],
        clock,
        task: quietTask,
        protocol: latencyProtocols.full,
      });
      const [measured] = variants;
      if (measured === undefined) throw new Error('nothing was measured');
      const { speedup, speedupLow, speedupHigh, runs } = measured;
      if (speedupLow <= 1 && speedupHigh >= 1) contained++;
      const blocks = [await blockMedian(reference, runs), await blockMedian(twin, runs)] as const;
      console.log(
        `  A against A ${i + 1}: ${speedup.toFixed(4)}× [${speedupLow.toFixed(4)}, ${speedupHigh.toFixed(4)}] = −${(100 * (speedup - speedupLow)).toFixed(2)} / +${(100 * (speedupHigh - speedup)).toFixed(2)} %, ${runs} runs; in blocks ${(blocks[0] / blocks[1]).toFixed(4)}×`,
      );
      await reference.session.release();
      await twin.session.release();
    }
    console.log(
      `  interval contains 1 in ${contained} of ${rounds} (expected: 95 %); target width ±3 %`,
    );
  });
}

async function blockMedian(
  { session, feeds }: Awaited<ReturnType<typeof coldStart>>,
  runs: number,
): Promise<number> {
  const samples = Array.from(
    await session.time(feeds, 30, Math.max(1, Math.round(runs / 30))),
  ).toSorted((a, b) => a - b);
  return samples[15] as number;
}
