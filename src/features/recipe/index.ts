export { RecipePanel } from './recipe-panel.tsx';
