import { describe, expect, it } from 'vitest';
import { startJob, withProgress } from './job.ts';

describe('a running job', () => {
  it('guesses the time left of a phase from its pace, once there is a pace', () => {
    let job = startJob('measure', 1000);
    job = withProgress(job, { phase: 'measuring-accuracy', done: 0, total: 100 }, 1000);
    expect(job.etaMs).toBeUndefined();
    job = withProgress(job, { phase: 'measuring-accuracy', done: 10, total: 100 }, 1500);
    expect(job.etaMs).toBeUndefined();
    job = withProgress(job, { phase: 'measuring-accuracy', done: 25, total: 100 }, 2000);
    expect(job.etaMs).toBe(3000);
  });

  it('begins anew with each phase', () => {
    let job = withProgress(
      startJob('measure', 0),
      { phase: 'measuring-accuracy', done: 50, total: 100 },
      5000,
    );
    job = withProgress(job, { phase: 'measuring-latency', done: 5, total: 10 }, 6000);
    expect(job).toMatchObject({ phaseSinceMs: 6000, etaMs: undefined });
    job = withProgress(job, { phase: 'measuring-latency', done: 8, total: 10 }, 8000);
    expect(job.etaMs).toBe(500);
  });
});
