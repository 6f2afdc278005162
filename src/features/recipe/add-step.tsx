import { useState } from 'react';
import { methodForms } from '../../engine/forms.ts';
import { familyOf, type StudioState, useActions, useStudio } from '../../store/index.ts';
import { Button, Icon, useWords } from '../../ui/index.ts';

/** Something was taken from the weights, and nothing gives it back yet. */
const selectLossy = ({ history }: StudioState): boolean => {
  const active = history.present.steps.filter(({ off }) => off !== true);
  const family = active.some(({ method }) => familyOf(method) !== undefined);
  return family && active.every(({ method }) => method !== 'recover');
};

/** Adds any technique as a further step. */
export function AddStep() {
  const { t, maybe } = useWords();
  const { addStep } = useActions();
  const [open, setOpen] = useState(false);
  const lossy = useStudio(selectLossy);
  if (!open)
    return (
      <div className="add-step-row">
        <Button
          look="plain"
          icon="plus"
          aria-expanded={false}
          onClick={() => setOpen(true)}
          data-testid="add-step"
        >
          {t('recipe.add')}
        </Button>
        {lossy ? (
          <Button
            look="plain"
            icon="plus"
            onClick={() => addStep('recover')}
            data-testid="suggest-recover"
          >
            {t('method.recover')}
          </Button>
        ) : null}
      </div>
    );
  return (
    <div className="add-step">
      <p className="add-step-title">{t('recipe.addWhich')}</p>
      <ul>
        {methodForms.map(({ id }) => (
          <li key={id}>
            <button
              type="button"
              className="add-step-method"
              data-testid={`add-${id}`}
              onClick={() => {
                addStep(id);
                setOpen(false);
              }}
            >
              <Icon name="plus" size={12} />
              {maybe(`method.${id}`) ?? id}
            </button>
          </li>
        ))}
      </ul>
      <Button look="plain" onClick={() => setOpen(false)}>
        {t('action.close')}
      </Button>
    </div>
  );
}
