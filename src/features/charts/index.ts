export { ChartsPanel } from './charts-panel.tsx';
export { reportCharts } from './report-charts.ts';
