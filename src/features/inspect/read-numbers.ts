/** Numbers as people type them in a list: `0.485, 0.456 0.406`. undefined when one is none, or when there are not `count` of them. */
export function readNumbers(text: string, count?: number): number[] | undefined {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  const numbers = parts.map(Number);
  const right = count === undefined ? numbers.length > 0 : numbers.length === count;
  return right && numbers.every(Number.isFinite) ? numbers : undefined;
}
