import {
  channelGroups,
  countMacs,
  countParameters,
  weightSites,
  type ChannelGroups,
  type ShapeMap,
} from '../../../analysis/index.ts';
import { createRng, EngineError, ok, type Result } from '../../../core/index.ts';
import type { Model } from '../../../graph/index.ts';
import { modelSize } from '../../../onnx/index.ts';
import type { Skipped, WeightStatistics } from '../../method.ts';
import { mainReason, nodeLabel, refuse, skippedNode } from '../../shared/refuse.ts';
import { removeChannels, type KeptChannels } from '../../shared/remove-channels/index.ts';
import { chooseChannels } from './choose-channels.ts';
import { dropBlocks, keptBlocks } from './drop-blocks.ts';
import { findBlocks, type Block } from './find-blocks.ts';
import { freshWeights } from './fresh-weights.ts';

export interface StudentOptions {
  /** Share of the channels (hidden sizes, heads) of every group that stay, 0.1..1. */
  readonly width: number;
  /** Share of the droppable blocks that stay, 0..1. */
  readonly depth: number;
  /** Start from the teacher's most important channels, or from random weights. */
  readonly weights: 'important' | 'fresh';
  readonly seed: number;
}

export type StudentSize = Pick<StudentOptions, 'width' | 'depth'>;

/** A student before any weight has been touched. */
export interface StudentPlan {
  readonly teacher: Model;
  /** The teacher without the blocks that are dropped. */
  readonly trunk: Model;
  readonly trunkShapes: ShapeMap;
  readonly groups: ChannelGroups;
  readonly kept: KeptChannels;
  readonly blocks: readonly Block[];
  readonly droppedBlocks: readonly string[];
  /** The student with virtual weights: structure, dims and byte sizes are exact. */
  readonly preview: Model;
  readonly shapes: ShapeMap;
  /** Exact figures of the student: parameters, bytes of the written file, multiply–accumulates of a run with the measured shapes. */
  readonly figures: { readonly params: number; readonly bytes: number; readonly macs: number };
  readonly summary: Readonly<Record<string, number>>;
  /** What keeps its width or cannot be dropped, and why. */
  readonly skipped: readonly Skipped[];
}

export interface Student {
  readonly model: Model;
  readonly shapes: ShapeMap;
  /**
   * Names of values that stand at the end of a block in teacher and student alike (the student's may be narrower): places for hints.
   */
  readonly blockEnds: readonly string[];
}

/**
 * Decides everything, quickly enough to follow a slider. Refuses (`method/refused`) a teacher of which nothing can go although something
 * was asked to. `teacher`: weights as initializers (passes/expose-weights.ts); `shapes` measured on it.
 */
export function planStudent(
  teacher: Model,
  shapes: ShapeMap,
  options: StudentSize,
  statistics: WeightStatistics,
): Result<StudentPlan> {
  const { blocks, skipped: stuck } = blocksOf(teacher, shapes);
  const stay = new Set(keptBlocks(blocks.length, options.depth));
  const { trunk, trunkShapes, groups } = trunkOf(teacher, shapes, blocks, stay);
  const kept = chooseChannels(groups, options.width, statistics);
  const skipped = [...skippedLayers(groups), ...(options.depth < 1 ? stuck : [])];
  const asked = options.width < 1 || options.depth < 1;
  if (asked && kept.size === 0 && trunk === teacher)
    return refuse('student', nothingToCut(groups, skipped, options.width));
  const { model: preview, shapes: after } =
    kept.size === 0
      ? { model: trunk, shapes: trunkShapes }
      : removeChannels(trunk, groups, kept, trunkShapes, false);
  return ok({
    teacher,
    trunk,
    trunkShapes,
    groups,
    kept,
    blocks,
    droppedBlocks: blocks.filter((_, i) => !stay.has(i)).map(({ name }) => name),
    preview,
    shapes: after,
    figures: {
      params: countParameters(preview).total,
      bytes: modelSize(preview),
      macs: countMacs(preview, after).total,
    },
    summary: {
      groups: groups.groups.length,
      channels: groups.groups.reduce((sum, { size, within }) => sum + (within ? 0 : size), 0),
      removed: [...kept].reduce((sum, [group, channels]) => sum + group.size - channels.length, 0),
      blocks: blocks.length,
      droppedBlocks: blocks.length - stay.size,
    },
    skipped,
  });
}

/**
 * Carries a plan out. Fresh weights are drawn with the seed; the same seed gives the same bytes. Throws `method/refused` where fresh weights
 * would have to be another type than float32.
 */
export function buildStudent(
  plan: StudentPlan,
  { weights, seed }: Pick<StudentOptions, 'weights' | 'seed'>,
): Student {
  const { trunk, trunkShapes, groups, kept } = plan;
  if (weights === 'fresh') assertFillable(trunk);
  const cut =
    kept.size === 0
      ? { model: trunk, shapes: trunkShapes }
      : removeChannels(trunk, groups, kept, trunkShapes, true);
  const names = new Set(cut.model.graph.nodes.flatMap((n) => n.outputs.map((o) => o?.name)));
  const blockEnds = plan.blocks
    .filter(({ name }) => !plan.droppedBlocks.includes(name))
    .map(({ exit }) => exit.name)
    .filter((name) => names.has(name));
  if (weights === 'important') return { ...cut, blockEnds };
  const own = findBlocks(cut.model, cut.shapes).blocks;
  const model = freshWeights(cut.model, own, createRng(seed).fork('student'));
  const shapes = sameShapes(cut.model, model, cut.shapes);
  return { model, shapes, blockEnds };
}

/** Shapes of a copy of which only the numbers differ. */
function sameShapes(from: Model, to: Model, shapes: ShapeMap): ShapeMap {
  const named = new Map([...shapes].map(([value, dims]) => [value.name, dims]));
  const after = new Map<Model['graph']['inputs'][number], readonly number[]>();
  const nodes = to.graph.nodes.flatMap((node) => node.outputs);
  for (const value of [...to.graph.inputs, ...to.graph.constants, ...nodes]) {
    const dims = value === undefined ? undefined : named.get(value.name);
    if (value !== undefined && dims !== undefined) after.set(value, dims);
  }
  if (from.graph.nodes.length !== to.graph.nodes.length) throw new Error('the copy differs');
  return after;
}

/** Random weights are float32; other types have to be widened first. */
function assertFillable(model: Model): void {
  for (const { node, value } of weightSites(model)) {
    const dtype = value.constant?.dtype;
    if (dtype === undefined || dtype === 'float32') continue;
    throw new EngineError('method/refused', {
      where: nodeLabel(node),
      detail: `fresh weights are float32, and its weights are ${dtype}`,
      hint: 'Start from the important channels, or widen the model first',
    });
  }
}

interface Trunk {
  readonly trunk: Model;
  readonly trunkShapes: ShapeMap;
  readonly groups: ChannelGroups;
}

/** What was found about a teacher, kept while its sliders move: by the blocks that stay. */
const trunks = new WeakMap<ShapeMap, Map<string, Trunk>>();
const blockLists = new WeakMap<ShapeMap, ReturnType<typeof findBlocks>>();

function blocksOf(teacher: Model, shapes: ShapeMap): ReturnType<typeof findBlocks> {
  const known = blockLists.get(shapes) ?? findBlocks(teacher, shapes);
  blockLists.set(shapes, known);
  return known;
}

function trunkOf(
  teacher: Model,
  shapes: ShapeMap,
  blocks: readonly Block[],
  stay: ReadonlySet<number>,
): Trunk {
  const key = [...stay].join();
  const known = trunks.get(shapes) ?? new Map<string, Trunk>();
  trunks.set(shapes, known);
  const before = known.get(key);
  if (before !== undefined) return before;
  const { model: trunk, shapes: trunkShapes } = dropBlocks(
    teacher,
    blocks.filter((_, i) => !stay.has(i)),
    shapes,
  );
  const made = { trunk, trunkShapes, groups: channelGroups(trunk, trunkShapes) };
  known.set(key, made);
  return made;
}

function skippedLayers({ groups, keptWhole }: ChannelGroups): Skipped[] {
  const inner = groups.filter(({ within }) => within !== undefined);
  return [
    ...keptWhole.map(({ node, reason }) => skippedNode(node, reason)),
    ...inner.flatMap(({ producers, size }) =>
      producers.map((node) =>
        skippedNode(
          node,
          `its ${size} features stay whole: the heads or groups above them are cut`,
        ),
      ),
    ),
  ];
}

function nothingToCut(
  { groups }: ChannelGroups,
  skipped: readonly Skipped[],
  width: number,
): string {
  if (groups.length > 0 && width < 1) return 'every group of channels is too small to lose one';
  if (width >= 1) return 'there is no residual block or layer that its input could stand for';
  return `no channels can be cut: ${mainReason(skipped)}`;
}
