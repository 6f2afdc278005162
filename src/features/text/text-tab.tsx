import { recipeKey } from '../../engine/forms.ts';
import {
  type Continuation,
  isTraining,
  useActions,
  useStudio,
  writesAlone,
} from '../../store/index.ts';
import { Failure, useWords, type Words } from '../../ui/index.ts';
import { draftOf } from './draft.ts';
import { firstDifference } from './first-difference.ts';
import { PromptForm } from './prompt-form.tsx';
import { WrittenText } from './written-text.tsx';

/** A text that original and variant go on with, side by side, token by token. */
export function TextTab() {
  const { t } = useWords();
  const { continueText, cancel } = useActions();
  const continuation = useStudio((state) => state.continuation);
  const example = useStudio((state) => state.data?.text?.example ?? '');
  const alone = useStudio(writesAlone);
  const training = useStudio(isTraining);
  const isOlder = useStudio(
    (state) =>
      state.continuation !== undefined &&
      recipeKey(state.continuation.recipe) !== recipeKey(state.history.present),
  );
  return (
    <section className="text-tab" aria-labelledby="text-title" data-testid="text-tab">
      <h2 id="text-title" className="chart-title">
        {t('text.title')}
      </h2>
      <PromptForm
        start={draftOf(continuation?.order, example)}
        running={continuation?.state === 'running'}
        blocked={training}
        onWrite={continueText}
        onStop={cancel}
      />
      {training ? <p className="text-hint">{t('text.training')}</p> : null}
      {continuation === undefined ? (
        <p className="chart-empty">{t('text.waiting')}</p>
      ) : (
        <Written continuation={continuation} />
      )}
      <div className="text-notes">
        {isOlder ? <p className="text-older">{t('text.older')}</p> : null}
        {alone === undefined ? null : <p>{t(`text.alone.${alone}`)}</p>}
        <p>{t('text.note')}</p>
      </div>
    </section>
  );
}

function Written({ continuation }: { readonly continuation: Continuation }) {
  const words = useWords();
  const { order, state, texts, alone, error } = continuation;
  const original = texts?.original;
  const variant = texts?.variant;
  const parting =
    original === undefined || variant === undefined
      ? undefined
      : firstDifference(original.text, variant.text, state !== 'done');
  const side = (at: 0 | 1) =>
    parting && { common: parting.common, marked: parting.marked[at], rest: parting.rest[at] };
  const shared = { prompt: order.prompt, state, asked: order.tokens };
  return (
    <>
      <div className="written-sides" data-state={state} data-testid="written">
        <WrittenText side="original" written={original} parted={side(0)} {...shared} />
        {alone ? null : (
          <WrittenText side="variant" written={variant} parted={side(1)} {...shared} />
        )}
      </div>
      {error === undefined ? null : <Failure error={error} />}
      {/* Spoken when it is over: token by token nobody could follow. */}
      <p role="status" className="text-outcome" data-testid="text-outcome">
        {state === 'running' ? '' : outcome(continuation, parting?.words, words)}
      </p>
    </>
  );
}

function outcome({ state, texts }: Continuation, common: number | undefined, { t }: Words): string {
  if (state === 'failed') return '';
  const compared =
    texts?.variant === undefined
      ? []
      : [
          common === undefined
            ? t(state === 'done' ? 'text.same' : 'text.sameSoFar')
            : common === 0
              ? t('text.partedAtOnce')
              : t('text.parted', { words: common }),
        ];
  return [...(state === 'stopped' ? [`${t('text.stopped')}.`] : []), ...compared].join(' ');
}
