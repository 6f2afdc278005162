export {
  channelGroups,
  slicePositions,
  type ChannelGroup,
  type ChannelGroups,
  type GroupSlice,
  type KeptWhole,
} from './channel-groups.ts';
export type { Dim as ChannelAxis } from './dim.ts';
export type { LengthFix } from './fixes.ts';
export { channelAt, keptPlaces, keptSize, losesAny, type KeptLeaves } from './kept-places.ts';
export type { StoredTensor } from './tracer.ts';
