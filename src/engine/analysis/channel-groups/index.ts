export {
  channelGroups,
  slicePositions,
  type ChannelGroup,
  type ChannelGroups,
  type GroupSlice,
  type KeptWhole,
} from './channel-groups.ts';
export type { Dim } from './dim.ts';
export type { Fix } from './fixes.ts';
export { channelAt, keptPlaces, keptSize, losesAny, type KeptLeaves } from './kept-places.ts';
export type { Stored } from './tracer.ts';
