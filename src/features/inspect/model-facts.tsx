import { useState } from 'react';
import { useStudio } from '../../store/index.ts';
import { formatBytes, formatCount, formatMacs, Modal, useWords } from '../../ui/index.ts';
import { selectMacs } from './select-macs.ts';
import { ModelSummary } from './model-summary.tsx';

/** The model's name and size in the bar; its whole summary behind it. */
export function ModelFacts() {
  const { t, language } = useWords();
  const model = useStudio((state) => state.model);
  const macs = useStudio(selectMacs);
  const [open, setOpen] = useState(false);
  if (model === undefined) return null;
  const facts = [
    formatBytes(model.summary.sizeBytes, language),
    t('unit.params', { count: formatCount(model.summary.params, language) }),
    ...(macs === undefined ? [] : [formatMacs(macs, language)]),
  ];
  return (
    <>
      <button
        type="button"
        className="model-facts"
        data-testid="model-facts"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <span className="model-name">{model.name}</span>
        <span className="model-numbers">{facts.join(' · ')}</span>
      </button>
      {open ? (
        <Modal title={model.name} onClose={() => setOpen(false)} testId="model-summary">
          <ModelSummary />
        </Modal>
      ) : null}
    </>
  );
}
