import { formOf, useStudio } from '../../store/index.ts';
import { FieldControl } from './field-control.tsx';

interface StepFieldProps {
  readonly index: number;
  /** Key of the option. */
  readonly option: string;
  readonly line?: boolean;
}

/** One option of a step by its key, where its form has it. */
export function StepField({ index, option, line = false }: StepFieldProps) {
  const step = useStudio((state) => state.history.present.steps[index]);
  const field =
    step === undefined ? undefined : formOf(step.method)?.fields.find(({ key }) => key === option);
  if (step === undefined || field === undefined) return null;
  return <FieldControl field={field} step={step} index={index} line={line} />;
}
