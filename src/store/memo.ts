/** Keeps the last result while the picked parts are the same objects, so that a selector can compute without rendering for nothing. */
export function memo<State, Result>(
  pick: (state: State) => readonly unknown[],
  compute: (state: State) => Result,
): (state: State) => Result {
  let last: { readonly parts: readonly unknown[]; readonly result: Result } | undefined;
  return (state) => {
    const parts = pick(state);
    const before = last;
    if (before !== undefined && parts.every((part, i) => Object.is(part, before.parts[i])))
      return before.result;
    const result = compute(state);
    last = { parts, result };
    return result;
  };
}
