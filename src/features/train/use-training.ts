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
  readonly refused: boolean;
  /** Made-up inputs teach nothing. */
  readonly noData: boolean;
  /** The size of what comes out is known before it is trained. */
  readonly sizeKnown: boolean;
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
    const noData = state.data?.kind === 'synthetic';
    const refused = refusesNow(state);
    const offer = {
      state: state.training?.state,
      refused,
      blocked: refused || state.data === undefined || noData,
      noData,
      sizeKnown: state.plan?.steps.every(({ kind }) => kind !== 'waiting') === true,
    };
    if (isTraining(state)) return { ...offer, kind: 'busy' };
    if (!hasTraining(state.history.present)) return { ...offer, kind: 'none' };
    const stand = trainingStandNow(state);
    const kind = stand === 'trained' ? 'trained' : stand === 'started' ? 'started' : 'untrained';
    return { ...offer, kind };
  },
);
