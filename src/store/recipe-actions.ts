import type { Recipe } from '../engine/forms.ts';
import {
  type DialChange,
  setBits as dialBits,
  setPruning as dialPruning,
  setPruningKind as dialPruningKind,
  setScheme as dialScheme,
} from './dials.ts';
import { change, redo, settle, undo } from './history.ts';
import {
  defaultStep,
  insertStep,
  moveStep,
  removeStep,
  replaceStep,
  sameRecipe,
  setOption,
  setStepOff,
} from './recipe-edits.ts';
import { notify, type Room, withdraw } from './room.ts';
import { placeOf, setOwnStudent, setStudent as dialStudent } from './student-dial.ts';
import type { Actions } from './studio.ts';

type RecipeActions = Pick<
  Actions,
  | 'setRecipe'
  | 'setOption'
  | 'addStep'
  | 'replaceStep'
  | 'removeStep'
  | 'moveStep'
  | 'setStepOff'
  | 'setPruning'
  | 'setPruningKind'
  | 'setBits'
  | 'setScheme'
  | 'setStudent'
  | 'forgetStudent'
  | 'endGesture'
  | 'undo'
  | 'redo'
  | 'restore'
>;

/** Edits of the recipe on screen, each one entry of the undo history. `still`: measure now rather than when the dial rests. */
export function createRecipeActions(
  { store, ...rest }: Room,
  changed: (recipe: Recipe, still: boolean) => void,
): RecipeActions {
  const room: Room = { store, ...rest };

  const put = (recipe: Recipe, gesture?: string): void => {
    const { history } = store.getState();
    if (sameRecipe(history.present, recipe)) return;
    store.setState({ history: change(history, recipe, gesture) });
    withdraw(room, (notice) => notice.kind === 'removed');
    changed(recipe, false);
  };
  const edit = (work: (recipe: Recipe) => Recipe, gesture?: string): void =>
    put(work(store.getState().history.present), gesture);

  const dial = (
    work: (state: { recipe: Recipe; remembered: DialChange['remembered'] }) => DialChange,
    gesture?: string,
  ): void => {
    const { history, remembered } = store.getState();
    const next = work({ recipe: history.present, remembered });
    store.setState({ remembered: next.remembered });
    put(next.recipe, gesture);
  };

  const travel = (step: typeof undo): void => {
    const { history } = store.getState();
    const next = step<Recipe>(history);
    if (next === history) return;
    store.setState({ history: next });
    withdraw(room, (notice) => notice.kind === 'removed');
    changed(next.present, false);
  };

  return {
    setRecipe: (recipe, gesture) => put(recipe, gesture),
    setOption: (index, key, value, gesture) =>
      edit((recipe) => setOption(recipe, index, key, value), gesture),
    addStep: (method) =>
      edit((recipe) =>
        insertStep(
          recipe,
          method === 'distill' ? placeOf(recipe) : recipe.steps.length,
          defaultStep(method),
        ),
      ),
    replaceStep: (index, step, gesture) =>
      edit((recipe) => replaceStep(recipe, index, step), gesture),
    removeStep: (index) => {
      const removed = store.getState().history.present.steps[index];
      edit((recipe) => removeStep(recipe, index));
      if (removed !== undefined) notify(room, { kind: 'removed', method: removed.method });
    },
    moveStep: (from, to) => edit((recipe) => moveStep(recipe, from, to)),
    setStepOff: (index, off) => edit((recipe) => setStepOff(recipe, index, off)),
    setPruning: (ratio, gesture) =>
      dial(({ recipe, remembered }) => dialPruning(recipe, remembered, ratio), gesture),
    setPruningKind: (kind) =>
      dial(({ recipe, remembered }) => dialPruningKind(recipe, remembered, kind)),
    setBits: (bits) => dial(({ recipe, remembered }) => dialBits(recipe, remembered, bits)),
    setStudent: (size, gesture) =>
      dial(({ recipe, remembered }) => dialStudent(recipe, remembered, size), gesture),
    forgetStudent: () => edit((recipe) => setOwnStudent(recipe, undefined)),
    setScheme: (scheme) => edit((recipe) => dialScheme(recipe, scheme)),
    endGesture: () => {
      const { history } = store.getState();
      const settled = settle(history, sameRecipe);
      if (settled === history) return;
      store.setState({ history: settled });
      changed(settled.present, true);
    },
    undo: () => travel(undo),
    redo: () => travel(redo),
    restore: (key) => {
      const point = store.getState().points.find((each) => each.key === key);
      if (point !== undefined) put(point.evaluation.recipe);
    },
  };
}
