/** The widths of the bit planes a code of `bits` bits is cut into, lowest bits first; each divides a byte. */
export function planeWidths(bits: number): number[] {
  if (bits === 8) return [8];
  return [4, 2, 1].filter((width) => (bits & width) !== 0);
}
