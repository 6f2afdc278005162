/** Charts. They pull in recharts, so only what is loaded late may import this. */
import './charts.css';

export { BarsChart } from './bars-chart.tsx';
export { ChartTabs } from './chart-tabs.tsx';
export { ChartFrame, type ChartFrameProps } from './chart-frame.tsx';
export { HistogramChart } from './histogram-chart.tsx';
export { niceTicks, roomyDomain } from './nice-ticks.ts';
export type * from './scene.ts';
export { svgBars } from './svg-bars.ts';
export { defaultSvg } from './svg-frame.ts';
export { svgHistogram } from './svg-histogram.ts';
export { svgRow } from './svg-row.ts';
export { svgXYChart } from './svg-xy-chart.ts';
export { XYChart } from './xy-chart.tsx';
