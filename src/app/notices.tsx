import { type Notice, useActions, useStudio } from '../store/index.ts';
import { Button, Failure, Icon, IconButton, type Key, useWords } from '../ui/index.ts';

/** What the person must be told, until they dismiss it. */
export function Notices() {
  const notices = useStudio((state) => state.notices);
  return (
    <div className="notices" data-testid="notices">
      {notices.map((notice) => (
        <NoticeBar key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

const about: Readonly<Record<Extract<Notice, { kind: 'error' }>['about'], Key>> = {
  open: 'notice.aboutOpen',
  data: 'notice.aboutData',
  student: 'notice.aboutStudent',
  recipe: 'notice.aboutRecipe',
  export: 'notice.aboutExport',
  settings: 'notice.aboutSettings',
};
const replaced: Readonly<Record<Extract<Notice, { kind: 'replaced' }>['reason'], Key>> = {
  hung: 'notice.replacedHung',
  died: 'notice.replacedDied',
  'out-of-memory': 'notice.replacedMemory',
};

function NoticeBar({ notice }: { readonly notice: Notice }) {
  const { t } = useWords();
  const { dismiss } = useActions();
  const grave = notice.kind === 'error' || notice.kind === 'replaced';
  return (
    <div
      className="notice"
      role={grave ? 'alert' : 'status'}
      data-grave={grave || undefined}
      data-testid={`notice-${notice.kind}`}
    >
      <Icon name={grave ? 'warning' : 'info'} />
      <div className="notice-body">
        <NoticeText notice={notice} />
      </div>
      <IconButton icon="close" label={t('action.dismiss')} onClick={() => dismiss(notice.id)} />
    </div>
  );
}

function NoticeText({ notice }: { readonly notice: Notice }) {
  const { t, maybe } = useWords();
  const { undo } = useActions();
  switch (notice.kind) {
    case 'error':
      return (
        <>
          <p>
            <strong>{t(about[notice.about])}</strong>
          </p>
          <Failure error={notice.error} />
        </>
      );
    case 'replaced':
      return <p>{t(replaced[notice.reason])}</p>;
    case 'storage-full':
      return <p>{t('notice.storageFull')}</p>;
    case 'ignored':
      return <p>{t('notice.ignored', { keys: notice.keys.join(', ') })}</p>;
    case 'recipe-waits':
      return <p>{t('notice.recipeWaits')}</p>;
    case 'unused-files':
      return <p>{t('notice.unusedFiles', { names: notice.names.slice(0, 5).join(', ') })}</p>;
    case 'removed':
      break;
  }
  return (
    <p className="notice-row">
      {t('notice.removed', { name: maybe(`method.${notice.method}`) ?? notice.method })}
      <Button look="plain" icon="undo" onClick={undo} data-testid="undo-remove">
        {t('action.undo')}
      </Button>
    </p>
  );
}
