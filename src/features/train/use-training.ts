import {
  hasTraining,
  isTraining,
  memo,
  refusesNow,
  type StudioState,
  type Training,
  trainingStandNow,
} from '../../store/index.ts';

/** What the buttons offer. */
export interface TrainingOffer {
  /** `untrained`: Train. `started`: Resume or start over. `busy`: it runs. `trained`: start over. */
  readonly kind: 'none' | 'untrained' | 'started' | 'busy' | 'trained';
  readonly state: Training['state'] | undefined;
  /** A step refuses, or nothing to learn from is open yet. */
  readonly blocked: boolean;
}

export const selectOffer = memo(
  (state: StudioState) =>
    [
      state.history.present,
      state.plan,
      state.planError,
      state.training?.state,
      state.data,
      state.job.kind === 'running' && state.job.task === 'train',
    ] as const,
  (state): TrainingOffer => {
    const trainingState = state.training?.state;
    const blocked = refusesNow(state) || state.data === undefined;
    if (isTraining(state)) return { kind: 'busy', state: trainingState, blocked };
    if (!hasTraining(state.history.present)) return { kind: 'none', state: trainingState, blocked };
    const stand = trainingStandNow(state);
    const kind = stand === 'trained' ? 'trained' : stand === 'started' ? 'started' : 'untrained';
    return { kind, state: trainingState, blocked };
  },
);
