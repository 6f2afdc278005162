import { useState } from 'react';

/**
 * The object from before for as long as the new one says the same, so that what is drawn from it is not drawn again. For small plain
 * data: it is compared as JSON.
 */
export function useSame<T>(value: T): T {
  const [kept, keep] = useState({ value, text: JSON.stringify(value) });
  if (kept.value === value) return value;
  const text = JSON.stringify(value);
  if (text === kept.text) return kept.value;
  keep({ value, text });
  return value;
}
