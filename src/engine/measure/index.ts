export { accuracyOf, discordant, isCorrect, type Discordant } from './accuracy.ts';
export type { Sampling } from './choose-token.ts';
export { measureFidelity } from './fidelity.ts';
export {
  continuationText,
  generate,
  generateInTurns,
  tokensPerSecond,
  type GeneratedToken,
  type GenerateRequest,
  type TokenOfArm,
} from './generate.ts';
export {
  coldStart,
  measureLatency,
  startReference,
  type LatencyArm,
  type LatencyRequest,
  type LatencyResult,
} from './latency.ts';
export { latencyProtocols, type LatencyProtocol } from './latency-protocol.ts';
export * from './measurement.ts';
export { collectOutputs, type OutputSet } from './output-set.ts';
export { classCount, outputNumbers } from './outputs.ts';
export { perplexityChange, perplexityOf, windowLoss, type TokenLoss } from './perplexity.ts';
export { predict, type PredictionSet, type PredictRequest } from './predict.ts';
export { gzipBytes, measureSize } from './size.ts';
export * from './stats.ts';
export { toReport, type Report } from './to-report.ts';
export {
  believedChange,
  speedChange,
  verdictsFor,
  type SpeedChange,
  type VerdictFacts,
} from './verdicts.ts';
