import { useEffect, useRef, useState } from 'react';

/** The newest value, changed at most once per `intervalMs`: screen readers must not be flooded. */
export function useThrottled<T>(value: T, intervalMs: number): T {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    latest.current = value;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setShown(latest.current);
    }, intervalMs);
  }, [value, intervalMs]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return shown;
}
