import { type ReactNode, useMemo, useRef, useState } from 'react';
import { familyOf, studentDial, useActions, useStudio } from '../../store/index.ts';
import { useWords } from '../../ui/index.ts';
import { AddStep } from './add-step.tsx';
import { BitsCard } from './bits-card.tsx';
import { PruningCard } from './pruning-card.tsx';
import { SampleCount } from './sample-count.tsx';
import { StepCard } from './step-card.tsx';
import { StudentCard } from './student-card.tsx';
import { useReorder } from './use-reorder.ts';

/**
 * The recipe as cards. The three prominent dials, pruning, student size and bits, are always there: as the card of the first step
 * of their family, or, while the recipe has none, as a card at the place where it would go. `after` stands below the cards.
 */
export function RecipePanel({ after }: { readonly after?: ReactNode }) {
  const { t } = useWords();
  // Not the steps themselves: what a dial changes inside one is its own card's affair.
  const methodList = useStudio((state) =>
    state.history.present.steps.map(({ method }) => method).join(' '),
  );
  const methods = useMemo(() => (methodList === '' ? [] : methodList.split(' ')), [methodList]);
  const { moveStep } = useActions();
  const [announcement, setAnnouncement] = useState('');
  const list = useRef<HTMLOListElement>(null);
  const reorder = useReorder(list, methods.length, (from, to) => {
    moveStep(from, to);
    setAnnouncement(t('recipe.moved', { position: to + 1, total: methods.length }));
  });
  const firstOf = (family: string): number =>
    methods.findIndex((method) => familyOf(method) === family);
  const prune = firstOf('prune');
  const quantize = firstOf('quantize');
  const distil = methods.indexOf('distill');
  const canDistil = useStudio((state) => studentDial(state.history.present) !== undefined);
  const seen = new Map<string, number>();
  // Without a step the card stands where the dial would put it: before what rounds or recovers.
  const rounds = methods.findIndex(
    (method) => familyOf(method) === 'quantize' || method === 'recover',
  );
  const hasOwnCard = distil !== -1 || !canDistil;
  const place = hasOwnCard ? undefined : rounds === -1 ? methods.length : rounds;
  const student = (
    <li key="distill" className="step-item">
      <StudentCard />
    </li>
  );
  // One list: a card that gets its step under the hand that turns its dial stays the same element.
  const cards = [
    ...(prune === -1
      ? [
          <li key="prune" className="step-item">
            <PruningCard />
          </li>,
        ]
      : []),
    ...methods.flatMap((method, index) => {
      const nth = (seen.get(method) ?? 0) + 1;
      seen.set(method, nth);
      const key =
        index === prune
          ? 'prune'
          : index === quantize
            ? 'quantize'
            : index === distil
              ? 'distill'
              : `${method}-${nth}`;
      const handle = reorder.handles[index];
      const card = (
        <li
          key={key}
          className="step-item"
          data-step={index}
          data-dragging={reorder.dragging === index || undefined}
        >
          {index === prune ? (
            <PruningCard index={index} handle={handle} />
          ) : index === quantize ? (
            <BitsCard index={index} handle={handle} />
          ) : index === distil ? (
            <StudentCard index={index} handle={handle} />
          ) : (
            <StepCard index={index} handle={handle} />
          )}
        </li>
      );
      return index === place ? [student, card] : [card];
    }),
    ...(place === methods.length ? [student] : []),
    ...(quantize === -1
      ? [
          <li key="quantize" className="step-item">
            <BitsCard />
          </li>,
        ]
      : []),
  ];
  return (
    <section
      className="panel recipe-panel"
      aria-labelledby="recipe-title"
      data-testid="recipe-panel"
    >
      <h2 id="recipe-title" className="panel-title">
        {t('recipe.title')}
      </h2>
      <ol className="steps" ref={list}>
        {cards}
      </ol>
      {after}
      <AddStep />
      <SampleCount />
      <p role="status" className="sr-only">
        {announcement}
      </p>
    </section>
  );
}
