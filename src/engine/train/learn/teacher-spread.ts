import type { RuntimeTensor } from '../../runtime/index.ts';
import { elementCount, float32Tensor, type Tensor } from '../../tensor/index.ts';
import { floatsOf } from './float-tensors.ts';

/**
 * How much a teacher's answers differ, for errors to be measured by. What is the same for every sample, such as the anchor that a box is an
 * offset of, says nothing; and the columns of one output may be of different kinds (coordinates, objectness, classes), of which the largest
 * would hide all others. So an error counts relative to the variance over samples at a place, averaged over the places of each column.
 */
export class TeacherSpread {
  #count = 0;
  #dims: readonly number[] | undefined;
  #even = true;
  #sum = 0;
  #squares = 0;
  #elements = 0;
  #sums = new Float64Array();
  #squaresOf = new Float64Array();

  /** Answers [n, …]. */
  add(answers: RuntimeTensor): void {
    const [rows = 1, ...dims] = answers.dims;
    const values = floatsOf(answers);
    const size = elementCount(dims);
    if (this.#dims === undefined) {
      this.#dims = dims;
      this.#sums = new Float64Array(size);
      this.#squaresOf = new Float64Array(size);
    }
    this.#even &&= this.#dims.join() === dims.join();
    this.#count += rows;
    this.#elements += values.length;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      this.#sum += value;
      this.#squares += value * value;
      if (!this.#even) continue;
      const place = i % size;
      this.#sums[place] = (this.#sums[place] as number) + value;
      this.#squaresOf[place] = (this.#squaresOf[place] as number) + value * value;
    }
  }

  /** Of all elements alike; 1 where they do not differ. */
  get variance(): number {
    const count = Math.max(1, this.#elements);
    return usable(this.#squares / count - (this.#sum / count) ** 2) ?? 1;
  }

  /**
   * Variances over samples, that broadcast against the answers: one per column, where answers have columns and places; else one. None is
   * below a hundredth of their mean: columns that hardly say anything are not worth fitting. A single sample, or answers of different
   * sizes, tell the variance of all elements only.
   */
  columns(): Tensor {
    const dims = this.#dims ?? [];
    const perPlace = this.#even && this.#count > 1 ? this.#perPlace() : new Float64Array();
    const mean = usable(perPlace.reduce((sum, one) => sum + one, 0) / perPlace.length);
    if (mean === undefined) return scalar(this.variance);
    if (dims.length < 2) return scalar(mean);
    const last = dims.length - 1;
    const axis = (dims[0] ?? 1) < (dims[last] ?? 1) ? 0 : last;
    const width = dims[axis] ?? 1;
    const inner = axis === last ? 1 : elementCount(dims.slice(1));
    const columns = new Float64Array(width);
    perPlace.forEach((one, i) => {
      const column = Math.floor(i / inner) % width;
      columns[column] = (columns[column] as number) + (one * width) / perPlace.length;
    });
    const shape = axis === last ? [width] : [width, ...dims.slice(1).map(() => 1)];
    return float32Tensor(
      shape,
      Float32Array.from(columns, (one) => Math.max(one, mean / 100)),
    );
  }

  #perPlace(): Float64Array {
    const count = this.#count;
    return this.#sums.map((sum, i) =>
      Math.max(0, (this.#squaresOf[i] as number) / count - (sum / count) ** 2),
    );
  }
}

const usable = (variance: number): number | undefined =>
  Number.isFinite(variance) && variance > 1e-20 ? variance : undefined;

const scalar = (value: number): Tensor => float32Tensor([], Float32Array.of(value));
