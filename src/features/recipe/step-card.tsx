import { formOf, useStudio } from '../../store/index.ts';
import { useWords } from '../../ui/index.ts';
import { CardFrame } from './card-frame.tsx';
import { FieldControl } from './field-control.tsx';
import { MoreOptions } from './more-options.tsx';
import type { ReorderHandle } from './use-reorder.ts';

/** Any further step: its first field is the dial, the rest is one click deeper. */
export function StepCard({
  index,
  handle,
}: {
  readonly index: number;
  readonly handle: ReorderHandle | undefined;
}) {
  const { maybe } = useWords();
  const step = useStudio((state) => state.history.present.steps[index]);
  if (step === undefined) return null;
  const form = formOf(step.method);
  const dial = form?.fields[0];
  const name = maybe(`method.${step.method}`) ?? step.method;
  return (
    <CardFrame
      name={name}
      plainName={name}
      index={index}
      handle={handle}
      testId={`card-${step.method}`}
    >
      {dial === undefined ? null : (
        <FieldControl field={dial} step={step} index={index} line={dial.key === 'epochs'} />
      )}
      <MoreOptions index={index} hide={dial === undefined ? [] : [dial.key]} />
    </CardFrame>
  );
}
