import { EngineError, permutation, throwIfAborted } from '../../core/index.ts';
import type { Feeds } from '../../runtime/index.ts';
import type { LearnContext, Learned, LearnRequest, ValidationPoint } from '../learning.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { MadeBatch } from './make-batches.ts';
import { isBetter } from './metric.ts';
import type { Prepared } from './prepare.ts';
import { TrainingProgress } from './progress.ts';
import { saveCheckpoint } from './stored-checkpoint.ts';
import { helpersOf, type StepLoss, type Trainer, weightsOf } from './trainer.ts';
import { validateWeights, validationPoint } from './validation.ts';

/** What a course ends with. */
export interface CourseEnd {
  /** By constant of the student. */
  readonly weights: Feeds;
  readonly best: ValidationPoint | undefined;
  readonly teacher: number | undefined;
  readonly steps: number;
  readonly ended: Learned['ended'];
  readonly points: Checkpoint['points'];
}

interface PreparedRun {
  readonly batch: MadeBatch;
  readonly targets: Feeds;
}

/**
 * The epochs of one training. Everything random is a function of the seed, the epoch and the sample, so that the steps taken are the only
 * position there is. A checkpoint is always taken between two steps, after the validation where an epoch ends.
 */
export class Course {
  readonly #request: LearnRequest;
  readonly #context: LearnContext;
  readonly #prepared: Prepared;
  readonly #trainer: Trainer;
  readonly #progress: TrainingProgress;
  readonly #signature: string;
  #step = 0;
  #best: ValidationPoint | undefined;
  #teacher: number | undefined;
  /** Of the best validation. */
  #weights: Feeds = {};
  #savedMs: number;

  constructor(
    request: LearnRequest,
    context: LearnContext,
    prepared: Prepared,
    trainer: Trainer,
    signature: string,
  ) {
    this.#request = request;
    this.#context = context;
    this.#prepared = prepared;
    this.#trainer = trainer;
    this.#signature = signature;
    this.#progress = new TrainingProgress(request, context.host, prepared.pace);
    this.#savedMs = context.host.clock.nowMs();
  }

  async run(from: Checkpoint | undefined): Promise<CourseEnd> {
    if (from !== undefined) await this.#restore(from);
    const ended = await this.#steps(from === undefined);
    if (this.#prepared.metric === undefined)
      this.#weights = weightsOf(this.#prepared, await this.#trainer.read());
    this.#progress.phase('done');
    return {
      weights: this.#weights,
      best: this.#best,
      teacher: this.#teacher,
      steps: this.#step,
      ended,
      points: this.#progress.points,
    };
  }

  async #restore({ state, step, best, teacher, weights, points }: Checkpoint): Promise<void> {
    await this.#trainer.write(state);
    this.#step = step;
    this.#best = best;
    this.#teacher = teacher;
    this.#weights = weights;
    this.#progress.replay(points, best, teacher);
  }

  async #steps(fresh: boolean): Promise<Learned['ended']> {
    const { steps, stepsPerEpoch } = this.#prepared.pace;
    if (!(await this.#askTeacher(this.#prepared.validationAnswers, undefined))) return this.#stop();
    // Where the student stands before its first step: a best that only another validation may replace.
    if (fresh && !(await this.#validate())) return this.#diverged('before the first step');
    while (this.#step < steps) {
      const epoch = Math.floor(this.#step / stepsPerEpoch) + 1;
      const view = this.#viewOf(epoch);
      if (!(await this.#askTeacher(this.#prepared.trainAnswers, view))) return this.#stop();
      const why = await this.#epoch(epoch, view);
      if (why !== undefined) return why;
      if (!(await this.#validate())) return this.#diverged(`epoch ${epoch}`);
      if (this.#isPatienceOver(epoch)) return 'patience';
      await this.#saveWhenDue();
    }
    return 'epochs';
  }

  /** The steps of an epoch from where it stands. Returns why the training ends here, or undefined. */
  async #epoch(epoch: number, view: number): Promise<Learned['ended'] | undefined> {
    const { stepsPerEpoch } = this.#prepared.pace;
    const end = epoch * stepsPerEpoch;
    const order = permutation(
      this.#prepared.split.train.length,
      this.#prepared.rng.fork(`order ${epoch}`),
    );
    // The next batch is made while the runtime computes; where the step fails first, nobody waits for it.
    const prepare = (): Promise<readonly PreparedRun[]> => {
      const made = this.#prepareStep(order, this.#step - (epoch - 1) * stepsPerEpoch, view);
      made.catch(() => undefined);
      return made;
    };
    this.#progress.phase('training');
    let next = prepare();
    while (this.#step < end) {
      if ((await this.#gate()) === 'finish') return this.#stop();
      const runs = await next;
      const { clock } = this.#context.host;
      const start = clock.nowMs();
      const stepping = this.#trainer.step(this.#step, runs);
      this.#step++;
      if (this.#step < end) next = prepare();
      const figures = await stepping;
      if (!Number.isFinite(figures.loss))
        return this.#diverged(`epoch ${epoch}, step ${this.#step}`);
      this.#report(figures, clock.nowMs() - start);
      await this.#context.task.breathe();
      if (this.#step < end) await this.#saveWhenDue();
    }
    return undefined;
  }

  #report(figures: StepLoss, ms: number): void {
    const { steps } = this.#prepared.pace;
    this.#context.task.report({ phase: 'training', done: this.#step, total: steps });
    const rate = this.#trainer.learningRate(this.#step - 1);
    this.#progress.stepped(this.#step, { ...figures, ms }, rate);
  }

  /** The runs of the step at this place of the epoch. */
  async #prepareStep(
    order: Uint32Array,
    place: number,
    view: number,
  ): Promise<readonly PreparedRun[]> {
    const { pace, split, make, trainAnswers } = this.#prepared;
    const runs: PreparedRun[] = [];
    for (let run = 0; run < pace.accumulate; run++) {
      const from = (place * pace.accumulate + run) * pace.batchSize;
      const rows = order.subarray(from, from + pace.batchSize);
      const indices = Array.from(rows, (row) => split.train[row] as number);
      const batch = await make(indices, view);
      runs.push({ batch, targets: (await trainAnswers?.of(indices, view, batch)) ?? {} });
    }
    return runs;
  }

  /** Where the teacher's answers are kept there are only so many views, which epochs take in turn. */
  #viewOf(epoch: number): number {
    const views = this.#prepared.trainAnswers?.views;
    return views === undefined ? epoch - 1 : (epoch - 1) % views;
  }

  /** false: the training is to finish here. */
  async #askTeacher(answers: Prepared['trainAnswers'], view: number | undefined): Promise<boolean> {
    if (answers === undefined) return true;
    let said = false;
    return answers.prepare(
      view,
      async () => {
        if (!said) this.#progress.phase('asking-teacher');
        said = true;
        return (await this.#gate()) === 'go-on';
      },
      this.#context.task,
    );
  }

  /** false: it is not a number any more. */
  async #validate(): Promise<boolean> {
    const { metric, pace, validationAnswers, validationSamples } = this.#prepared;
    if (metric === undefined) return true;
    const { clock } = this.#context.host;
    const start = clock.nowMs();
    this.#progress.phase('validating');
    const state = await this.#trainer.read();
    const weights = weightsOf(this.#prepared, state);
    const seen = await validateWeights(
      {
        ...this.#prepared,
        metric,
        student: this.#request.student,
        objective: this.#request.objective,
        samples: validationSamples,
        batchSize: pace.batchSize,
        answers: validationAnswers,
        runtime: this.#context.runtime,
        task: this.#context.task,
      },
      weights,
      helpersOf(this.#prepared, state),
      this.#step === 0 && validationAnswers !== undefined,
    );
    const point = validationPoint(metric, seen, this.#step / pace.stepsPerEpoch, this.#step);
    if (Number.isNaN(point.value) || Number.isNaN(point.loss)) return false;
    this.#teacher ??= seen.teacher;
    if (isBetter(point, this.#best)) {
      this.#best = point;
      this.#weights = weights;
    }
    this.#progress.validated(point, this.#best, this.#teacher, clock.nowMs() - start);
    return true;
  }

  #isPatienceOver(epoch: number): boolean {
    const { patience } = this.#request.settings;
    return patience !== undefined && epoch - (this.#best?.epoch ?? epoch) >= patience;
  }

  /** Finished by hand: what was learnt since the last validation counts if it is better. */
  async #stop(): Promise<Learned['ended']> {
    if (this.#step > 0 && this.#step % this.#prepared.pace.stepsPerEpoch !== 0)
      await this.#validate();
    return 'finished by hand';
  }

  /** The best so far is kept; when nothing was learnt yet, that is an error. */
  #diverged(where: string): Learned['ended'] {
    if (this.#best !== undefined && this.#best.step > 0) return 'diverged';
    throw new EngineError('train/diverged', {
      where,
      detail: 'the loss is no longer a number',
      hint: 'Lower the learning rate',
    });
  }

  /** Waits while the host pauses; a pause is written down, so that the page may be closed. */
  async #gate(): Promise<'go-on' | 'finish'> {
    const { host, task } = this.#context;
    throwIfAborted(task.signal, 'training');
    const asked = host.gate();
    const answer = await Promise.race([asked, soon()]);
    if (answer !== undefined) return answer;
    this.#progress.phase('paused');
    await this.#save();
    const given = await Promise.race([asked, aborted(task.signal)]);
    throwIfAborted(task.signal, 'training');
    this.#progress.phase('training');
    return given;
  }

  async #saveWhenDue(): Promise<void> {
    const { clock, checkpointEveryMs } = this.#context.host;
    if (clock.nowMs() - this.#savedMs >= checkpointEveryMs) await this.#save();
  }

  async #save(): Promise<void> {
    const { checkpoints, clock } = this.#context.host;
    this.#savedMs = clock.nowMs();
    // Nothing is lost that the request itself would not bring back.
    if (checkpoints === undefined || this.#step === 0) return;
    await saveCheckpoint(this.#request, checkpoints, {
      signature: this.#signature,
      step: this.#step,
      best: this.#best,
      teacher: this.#teacher,
      points: this.#progress.points,
      ended: undefined,
      state: await this.#trainer.read(),
      weights: this.#weights,
    });
  }
}

/** After a few microtasks: a gate that is open has answered by then. */
async function soon(): Promise<undefined> {
  for (let i = 0; i < 16; i++) await Promise.resolve();
  return undefined;
}

/** Resolves when the signal does; what it resolves to is never used. */
const aborted = (signal: AbortSignal | undefined): Promise<'finish'> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) resolve('finish');
    signal?.addEventListener('abort', () => resolve('finish'), { once: true });
  });
