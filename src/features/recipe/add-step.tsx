import { useState } from 'react';
import { methodForms } from '../../engine/forms.ts';
import { useActions } from '../../store/index.ts';
import { Button, Icon, useWords } from '../../ui/index.ts';

/** Adds any technique as a further step. */
export function AddStep() {
  const { t, maybe } = useWords();
  const { addStep } = useActions();
  const [open, setOpen] = useState(false);
  if (!open)
    return (
      <Button
        look="plain"
        icon="plus"
        aria-expanded={false}
        onClick={() => setOpen(true)}
        data-testid="add-step"
      >
        {t('recipe.add')}
      </Button>
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
