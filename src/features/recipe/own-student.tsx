import { isTraining, useActions, useStudio } from '../../store/index.ts';
import { Button, FileChooser, useWords } from '../../ui/index.ts';

/** The way to a student of one's own: an ONNX file with the inputs and outputs of the model. Not while a training holds the worker. */
export function OwnStudentChooser({ another = false }: { readonly another?: boolean }) {
  const { t } = useWords();
  const { openStudent } = useActions();
  const waits = useStudio((state) => isTraining(state) || state.data === undefined);
  if (waits) return null;
  return (
    <span className="own-student-chooser" title={t('recipe.student.meaning')}>
      <FileChooser
        look="plain"
        label={t(another ? 'recipe.student.other' : 'recipe.student.own')}
        take={openStudent}
        testId="choose-student"
      />
    </span>
  );
}

/** In place of the size dials: the file the student comes from, another one, and the way back. */
export function OwnStudent({ file }: { readonly file: string }) {
  const { t } = useWords();
  const { forgetStudent } = useActions();
  return (
    <div className="own-student" data-testid="own-student">
      <p className="own-student-line">
        <span className="dial-label">{t('recipe.student.file')}</span>
        <strong className="own-student-file" title={file}>
          {file}
        </strong>
      </p>
      <div className="own-student-buttons">
        <OwnStudentChooser another />
        <Button look="plain" onClick={forgetStudent} data-testid="forget-student">
          {t('recipe.student.fromModel')}
        </Button>
      </div>
    </div>
  );
}
