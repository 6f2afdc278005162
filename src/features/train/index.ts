import './train.css';

export { TrainBar } from './train-bar.tsx';
export { TrainingTab } from './training-tab.tsx';
