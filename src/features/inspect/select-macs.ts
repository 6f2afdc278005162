import { memo, selectOriginal, type StudioState } from '../../store/index.ts';

/** Multiply-accumulates of the original: known once its shapes were measured. */
export const selectMacs = memo(
  (state: StudioState) => [state.points, state.settings, state.data, state.plan] as const,
  (state) => selectOriginal(state)?.evaluation.measurements.size.macs ?? undefined,
);
