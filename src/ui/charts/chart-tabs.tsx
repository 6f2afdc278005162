import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react';

interface ChartTabsProps<Id extends string> {
  readonly label: string;
  readonly chosen: Id;
  readonly onChoose: (id: Id) => void;
  readonly tabs: readonly {
    readonly id: Id;
    readonly label: string;
    readonly content: ReactNode;
  }[];
}

/** Tabs by the ARIA pattern: one tab stop, arrows move and choose, the panel follows. Only the chosen panel exists. */
export function ChartTabs<Id extends string>({
  label,
  chosen,
  onChoose,
  tabs,
}: ChartTabsProps<Id>) {
  const list = useRef<HTMLDivElement>(null);
  const base = useId();
  // A tab can go away while it is chosen.
  const index = Math.max(
    0,
    tabs.findIndex((tab) => tab.id === chosen),
  );
  const onKeyDown = (event: KeyboardEvent): void => {
    const last = tabs.length - 1;
    const to = {
      ArrowRight: index === last ? 0 : index + 1,
      ArrowLeft: index === 0 ? last : index - 1,
      Home: 0,
      End: last,
    }[event.key];
    const target = to === undefined ? undefined : tabs[to];
    if (target === undefined) return;
    event.preventDefault();
    onChoose(target.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${target.id}"]`)?.focus();
  };
  const shown = tabs[index];
  return (
    <div className="chart-tabs">
      <div ref={list} className="chart-tab-list" role="tablist" aria-label={label}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${base}-${tab.id}`}
            className="chart-tab"
            data-tab={tab.id}
            data-testid={`chart-tab-${tab.id}`}
            aria-selected={tab.id === shown?.id}
            aria-controls={`${base}-panel`}
            tabIndex={tab.id === shown?.id ? 0 : -1}
            onClick={() => onChoose(tab.id)}
            onKeyDown={onKeyDown}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        id={`${base}-panel`}
        role="tabpanel"
        aria-labelledby={`${base}-${shown?.id}`}
        className="chart-tab-panel"
      >
        {shown?.content}
      </div>
    </div>
  );
}
