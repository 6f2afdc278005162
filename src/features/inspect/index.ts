export { DataPanel } from './data-panel.tsx';
export { DeviceMenu, DevicePanel } from './device-menu.tsx';
export { ModelFacts } from './model-facts.tsx';
export { ModelPanel } from './model-panel.tsx';
