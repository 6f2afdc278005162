import './text.css';

export { TextHintPanel } from './text-hint-panel.tsx';
export { TextTab } from './text-tab.tsx';
