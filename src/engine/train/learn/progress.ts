import type { LearnRequest, TrainingHost, TrainingReport, ValidationPoint } from '../learning.ts';
import type { CurvePoint } from './checkpoint.ts';
import type { Pace } from './settings.ts';

/** How many steps the reported loss and speed are a mean of. */
const window = 20;
/** Reports of single steps are at least this far apart. */
const reportEveryMs = 100;
/** Points of the curves kept in a checkpoint; when there are more, every second one without a validation goes. */
const mostPoints = 600;

export interface StepFigures {
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly ms: number;
}

/** Tells the host where the training stands, and keeps the curves. */
export class TrainingProgress {
  readonly #request: LearnRequest;
  readonly #host: TrainingHost;
  readonly #pace: Pace;
  readonly #recent: StepFigures[] = [];
  #points: CurvePoint[] = [];
  #step = 0;
  #phase: TrainingReport['phase'] = 'preparing';
  #learningRate = 0;
  #validation: ValidationPoint | undefined;
  #best: ValidationPoint | undefined;
  #teacher: number | undefined;
  #validationMs = 0;
  #lastReportMs: number | undefined;

  constructor(request: LearnRequest, host: TrainingHost, pace: Pace) {
    this.#request = request;
    this.#host = host;
    this.#pace = pace;
  }

  get points(): readonly CurvePoint[] {
    return this.#points;
  }

  phase(phase: TrainingReport['phase']): void {
    this.#phase = phase;
    this.#send();
  }

  /** A step was taken; `step` from 1. */
  stepped(step: number, figures: StepFigures, learningRate: number): void {
    this.#step = step;
    this.#learningRate = learningRate;
    this.#recent.push(figures);
    if (this.#recent.length > window) this.#recent.shift();
    const now = this.#host.clock.nowMs();
    if (this.#lastReportMs !== undefined && now - this.#lastReportMs < reportEveryMs) return;
    this.#keep(undefined);
    this.#send();
  }

  validated(
    point: ValidationPoint,
    best: ValidationPoint | undefined,
    teacher: number | undefined,
    ms: number,
  ): void {
    this.#validation = point;
    this.#best = best;
    this.#teacher = teacher;
    this.#validationMs = ms;
    this.#keep(point);
    this.#send();
  }

  /** Draws the curves of a checkpoint again, and goes on from there. */
  replay(points: readonly CurvePoint[], best: ValidationPoint | undefined, teacher?: number): void {
    this.#points = [...points];
    this.#teacher = teacher;
    for (const point of points) {
      this.#step = point.step;
      this.#learningRate = point.learningRate;
      this.#validation = point.validation ?? this.#validation;
      if (point.validation !== undefined && point.validation.step === best?.step) this.#best = best;
      this.#send(point);
    }
    this.#best = best;
  }

  #keep(validation: ValidationPoint | undefined): void {
    const { loss, parts } = this.#means();
    const learningRate = this.#learningRate;
    this.#points.push({ step: this.#step, loss, parts, learningRate, validation });
    if (this.#points.length > mostPoints)
      this.#points = this.#points.filter(
        (point, i) => point.validation !== undefined || i % 2 === 0,
      );
  }

  #means(): Pick<TrainingReport, 'loss' | 'parts'> {
    const recent = this.#recent;
    if (recent.length === 0) return { loss: undefined, parts: {} };
    const mean = (of: (figures: StepFigures) => number): number =>
      recent.reduce((sum, figures) => sum + of(figures), 0) / recent.length;
    const names = Object.keys(recent[0]?.parts ?? {});
    return {
      loss: mean((figures) => figures.loss),
      parts: Object.fromEntries(names.map((name) => [name, mean(({ parts }) => parts[name] ?? 0)])),
    };
  }

  #send(shown: Pick<TrainingReport, 'loss' | 'parts'> = this.#means()): void {
    this.#lastReportMs = this.#host.clock.nowMs();
    const { epochs } = this.#request.settings;
    const { steps, stepsPerEpoch, batchSize, accumulate } = this.#pace;
    const stepMs =
      this.#recent.reduce((sum, { ms }) => sum + ms, 0) / Math.max(1, this.#recent.length);
    const epochsDone = this.#step / stepsPerEpoch;
    const toGo =
      (steps - this.#step) * stepMs + Math.ceil(epochs - epochsDone) * this.#validationMs;
    this.#host.report({
      run: this.#request.run,
      phase: this.#phase,
      epoch: Math.min(epochs, Math.max(1, Math.ceil(epochsDone))),
      epochs,
      step: this.#step,
      steps,
      loss: shown.loss,
      parts: shown.parts,
      learningRate: this.#learningRate,
      validation: this.#validation,
      best: this.#best,
      teacher: this.#teacher,
      samplesPerSecond: stepMs > 0 ? (1000 * batchSize * accumulate) / stepMs : undefined,
      etaMs: this.#recent.length > 0 ? toGo : undefined,
    });
  }
}
