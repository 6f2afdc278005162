export { ChangedPanel } from './changed-panel.tsx';
export { ComparisonTable } from './comparison-table.tsx';
export { Headline } from './headline.tsx';
export { WhyPanel } from './why-panel.tsx';
