/** What features may use of the store. */
export {
  type LayerMetric,
  layerMetrics,
  type LayerOrder,
  type LayerPair,
  type LayerSeries,
  layerSeries,
} from './chart-series-layers.ts';
export {
  selectSweep,
  type Sweep,
  type SweepCurve,
  type SweepPoint,
  type SweepSeries,
} from './chart-series-sweep.ts';
export {
  type CostAxis,
  costOf,
  selectCostAxes,
  selectQualityAxes,
  selectTradeOff,
  type TradeOffPoint,
  type TradeOffSeries,
} from './chart-series-trade-off.ts';
export {
  type Continuation,
  type ContinuationOrder,
  isLanguageModel,
  writesAlone,
} from './continuation.ts';
export { bitsDial, bitWidths, familyOf, pruningDial, pruningKinds } from './dials.ts';
export { type Headline, type Known, selectHeadline } from './headline.ts';
export { memo } from './memo.ts';
export { heightOf, type QualityAxis } from './quality-axis.ts';
export { type StudentDial, studentDial } from './student-dial.ts';
export { refusesNow } from './refuses-now.ts';
export {
  hasTraining,
  isTraining,
  trainedPart,
  type Training,
  trainingStandNow,
  trains,
  waitsForTraining,
} from './training.ts';
export { type Gain, gainOf } from './training-gain.ts';
export { selectCurrent, selectOriginal } from './points.ts';
export { formOf, optionOf } from './recipe-edits.ts';
export { useActions, useStudio, useStudioLater } from './react.ts';
export * from './state.ts';
export type {
  GeneratedText,
  OpenedData,
  OpenedModel,
  PredictionRow,
  PredictionsReply,
  Settings,
  SoftLabels,
  TrainingCurves,
  TrainingStepLog,
  WeightsReply,
} from '../worker/protocol.ts';
