export { ChartsPanel } from './charts-panel.tsx';
