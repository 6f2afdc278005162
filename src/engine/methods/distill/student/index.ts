export {
  buildStudent,
  planStudent,
  type StudentOptions,
  type StudentPlan,
} from './build-student.ts';
export { findBlocks } from './find-blocks.ts';
