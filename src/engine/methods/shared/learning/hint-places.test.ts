import { describe, expect, it } from 'vitest';
import type { Model } from '../../../graph/index.ts';
import type { ShapeMap } from '../../../runtime/index.ts';
import { tinyModel } from '../../testing/tiny-models.ts';
import { hintPlaces } from './hint-places.ts';

/** Six activations r0..r5 one after another, with as many channels as asked; the picture halves after the third. */
const chain = (channels: number): Model =>
  tinyModel((b) => {
    let x = b.input(['N', 3, 8, 8]);
    for (let i = 0; i < 6; i++) {
      x = b.conv(x, `c${i}`, i === 0 ? 3 : channels, channels, { stride: i === 3 ? 2 : 1 });
      x = b.e.addNode('Relu', [x], { outputs: [`r${i}`] }).outputs[0]!;
    }
    b.output(x);
  });

const shapesOf = (
  model: Model,
  channels: number,
  changed: Record<string, number[]> = {},
): ShapeMap =>
  new Map(
    model.graph.nodes.map(({ outputs: [value] }) => {
      const late = Number(value!.name.at(-1)) >= 3;
      const size = late ? 4 : 8;
      return [value!, changed[value!.name] ?? [2, channels, size, size]] as const;
    }),
  );

const [teacher, student] = [chain(8), chain(4)];
const places = (preferred: readonly string[], changed?: Record<string, number[]>) =>
  hintPlaces(student, shapesOf(student, 4, changed), teacher, shapesOf(teacher, 8), preferred).map(
    (place) => place.student,
  );

describe('hintPlaces', () => {
  it('spreads three over the depth', () => {
    expect(places([])).toEqual(['r1', 'r3', 'r5']);
  });

  it('takes those that are known to end a block', () => {
    expect(places(['r0', 'r5'])).toEqual(['r0', 'r5']);
    expect(places(['gone'])).toHaveLength(3);
  });

  it('leaves out places whose sizes differ in more than channels', () => {
    const other = [2, 4, 5, 5];
    expect(places(['r2'], { r2: other })).not.toContain('r2');
    expect(places([], Object.fromEntries([0, 1, 2, 3, 4, 5].map((i) => [`r${i}`, other])))).toEqual(
      [],
    );
  });
});
