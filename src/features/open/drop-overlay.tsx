import { Icon, useWords } from '../../ui/index.ts';

/** Covers the page while files hover over it. */
export function DropOverlay() {
  const { t } = useWords();
  return (
    <div className="drop-overlay" data-testid="drop-overlay">
      <div className="drop-overlay-frame">
        <Icon name="upload" size={32} />
        <p className="drop-overlay-title">{t('open.release')}</p>
        <p>{t('open.accepts')}</p>
      </div>
    </div>
  );
}
