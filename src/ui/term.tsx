import { memo, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Tooltip, TooltipTrigger } from 'react-aria-components/Tooltip';
import { type Key, useWords } from './words.ts';

interface TermProps {
  /** The word itself. */
  readonly word: Key;
  /** What it means. */
  readonly meaning: Key;
}

/** A technical term, underlined with dots: explains itself on hover, on focus, and on touch. */
export const Term = memo(function Term({ word, meaning }: TermProps) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <TooltipTrigger delay={250} closeDelay={80} isOpen={open} onOpenChange={setOpen}>
      <Button className="term" onPress={() => setOpen(true)}>
        {t(word)}
      </Button>
      <Tooltip className="tooltip" offset={6}>
        {t(meaning)}
      </Tooltip>
    </TooltipTrigger>
  );
});
