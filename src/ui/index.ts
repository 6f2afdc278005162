/** The studio's own components: they know words and numbers, not models. */
export { Button, IconButton } from './button.tsx';
export { Choice } from './choice.tsx';
export { Disclosure } from './disclosure.tsx';
export { Failure } from './failure.tsx';
export { FileChooser } from './file-chooser.tsx';
export * from './format.ts';
export { Icon, type IconName } from './icons.tsx';
export { Modal } from './modal.tsx';
export { Pixels } from './pixels.tsx';
export { Segments } from './segments.tsx';
export { Toggle } from './toggle.tsx';
export { useMedia } from './use-media.ts';
export { useThrottled } from './use-throttled.ts';
export * from './words.ts';
export { verdictWords } from './verdict-words.ts';
