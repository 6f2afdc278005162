import { throwIfAborted, type Task } from '../../core/index.ts';
import type { Feeds, RuntimeTensor } from '../../runtime/index.ts';
import { floatsOf, floatTensor } from './float-tensors.ts';
import type { MakeBatch, MadeBatch } from './make-batches.ts';
import type { Teacher } from './teacher.ts';

/**
 * What the teacher says of a set of samples, computed once per sample and view and kept (Beyer et al. 2022: teacher and student must see the
 * same view). Answers are computed in batches of their own, in the order of the samples, so that they depend on nothing that happened before:
 * a resumed training gets the same bits. Where they do not fit into memory, or differ in size from sample to sample, the teacher is asked anew
 * in every step instead.
 */
export interface TeacherAnswers {
  /** How many views of a sample are kept; undefined: none, every epoch may have a view of its own. */
  readonly views: number | undefined;
  /** Asks for a view of all samples, where answers are kept. `onBatch` before each batch: false stops. */
  prepare(
    view: number | undefined,
    onBatch: (done: number) => Promise<boolean>,
    task: Task,
  ): Promise<boolean>;
  /** Targets of a batch of them. */
  of(indices: readonly number[], view: number | undefined, batch: MadeBatch): Promise<Feeds>;
}

export interface AnswersOptions {
  readonly teacher: Teacher;
  /** Targets that are wanted, of those it gives. */
  readonly inputs: readonly string[];
  readonly samples: Uint32Array;
  readonly make: MakeBatch;
  readonly batchSize: number;
  /** Views wanted; 1 without augmentation. */
  readonly views: number;
  /** Bytes to keep at most. */
  readonly budget: number;
  /** Bytes one sample's answers take, as far as is known beforehand. */
  readonly sampleBytes: number;
}

export function teacherAnswers(options: AnswersOptions): TeacherAnswers {
  const { teacher, inputs, samples, make, batchSize } = options;
  const fit = Math.floor(options.budget / Math.max(1, options.sampleBytes * samples.length));
  const views = Math.min(options.views, fit);
  // One view for all epochs would be no augmentation at all.
  const keep = views >= Math.min(2, options.views);
  const rowOf = new Map([...samples].map((index, row) => [index, row]));
  const kept = new Map<number | undefined, KeptView>();
  let uneven = false;

  const ask = async (batch: MadeBatch): Promise<Record<string, RuntimeTensor>> => {
    const answers = await teacher.ask(batch.inputs);
    return Object.fromEntries(inputs.map((name) => [name, answers[name] as RuntimeTensor]));
  };

  return {
    views: keep ? views : undefined,
    async prepare(view, onBatch, task) {
      if (!keep || uneven || kept.has(view)) return true;
      const made = new KeptView(samples.length);
      for (let from = 0; from < samples.length; from += batchSize) {
        throwIfAborted(task.signal, 'asking the teacher');
        if (!(await onBatch(from))) return false;
        const indices = [...samples.subarray(from, from + batchSize)];
        if (!made.add(from, await ask(await make(indices, view)))) {
          uneven = true;
          return true;
        }
        await task.breathe();
      }
      kept.set(view, made);
      return true;
    },
    async of(indices, view, batch) {
      const known = kept.get(view);
      if (known === undefined) return ask(batch);
      return known.rows(indices.map((index) => rowOf.get(index) as number));
    },
  };
}

/** Answers of all samples, one flat array per target. */
class KeptView {
  readonly #count: number;
  readonly #targets = new Map<string, { dims: readonly number[]; values: Float32Array }>();

  constructor(count: number) {
    this.#count = count;
  }

  /** false: these answers are of another size than those before. */
  add(from: number, answers: Readonly<Record<string, RuntimeTensor>>): boolean {
    for (const [name, tensor] of Object.entries(answers)) {
      const values = floatsOf(tensor);
      const dims = tensor.dims.slice(1);
      const size = values.length / Math.max(1, tensor.dims[0] ?? 1);
      let target = this.#targets.get(name);
      if (target === undefined) {
        target = { dims, values: new Float32Array(this.#count * size) };
        this.#targets.set(name, target);
      }
      if (target.dims.join() !== dims.join()) return false;
      target.values.set(values, from * size);
    }
    return true;
  }

  rows(rows: readonly number[]): Feeds {
    const feeds: Record<string, RuntimeTensor> = {};
    for (const [name, { dims, values }] of this.#targets) {
      const size = values.length / this.#count;
      const picked = new Float32Array(rows.length * size);
      rows.forEach((row, i) => picked.set(values.subarray(row * size, (row + 1) * size), i * size));
      feeds[name] = floatTensor([rows.length, ...dims], picked);
    }
    return feeds;
  }
}
