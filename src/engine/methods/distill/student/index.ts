export {
  buildStudent,
  planStudent,
  type Student,
  type StudentOptions,
  type StudentPlan,
  type StudentSize,
} from './build-student.ts';
export { findBlocks, type Block, type Blocks } from './find-blocks.ts';
