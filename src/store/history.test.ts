import { describe, expect, it } from 'vitest';
import { change, emptyHistory, redo, settle, undo } from './history.ts';

const same = (a: number, b: number): boolean => a === b;

describe('history', () => {
  it('makes one entry of one gesture', () => {
    let history = emptyHistory(0);
    for (const value of [1, 2, 3]) history = change(history, value, 'drag');
    history = settle(history, same);
    expect(history.past).toEqual([0]);
    expect(undo(history).present).toBe(0);
  });

  it('makes an entry each of two gestures of the same name', () => {
    let history = settle(change(emptyHistory(0), 1, 'drag'), same);
    history = settle(change(history, 2, 'drag'), same);
    expect(history.past).toEqual([0, 1]);
  });

  it('leaves no entry of a gesture that came back', () => {
    let history = change(change(emptyHistory(0), 5, 'drag'), 0, 'drag');
    history = settle(history, same);
    expect(history.past).toEqual([]);
  });

  it('goes back and forth, and forgets the future on a new change', () => {
    let history = change(change(emptyHistory(0), 1), 2);
    history = undo(undo(history));
    expect(history.present).toBe(0);
    history = redo(history);
    expect(history.present).toBe(1);
    history = change(history, 9);
    expect(history.future).toEqual([]);
    expect(redo(history)).toBe(history);
  });

  it('does nothing at the ends', () => {
    const history = emptyHistory(0);
    expect(undo(history)).toBe(history);
    expect(redo(history)).toBe(history);
  });
});
