export { DropOverlay } from './drop-overlay.tsx';
export { StartPage } from './start-page.tsx';
export { useDropAnywhere } from './use-drop-anywhere.ts';
