export * from './remove-channels.ts';
