import type { TrainingStepLog } from '../../store/index.ts';
import { useWords } from '../../ui/index.ts';
import { metricOf, type Run, teacherOf } from './training-runs.ts';
import { formatScore } from './training-words.ts';

interface TrainingKeyProps {
  readonly log: TrainingStepLog;
  /** The teacher has a line: there are scores. */
  readonly scores: boolean;
}

/** Which curve is whose, by mark and line as well as by colour, and its best score. Nothing where there is but one. */
export function TrainingKey({ log, scores }: TrainingKeyProps) {
  const { t, language } = useWords();
  const metric = metricOf(log);
  const named = (run: Run): string => {
    const best = scores ? log[run]?.report.best : undefined;
    const name = t(`train.run.${run}`);
    return best === undefined
      ? name
      : t('train.bestOf', { run: name, score: formatScore[best.metric](best.value, language) });
  };
  const teacher = scores && metric !== undefined ? teacherOf(log) : undefined;
  if (log.control === undefined && teacher === undefined) return null;
  return (
    <p className="train-key">
      <span className="train-key-item tone-variant" data-mark="circle">
        {named('student')}
      </span>
      {log.control === undefined ? null : (
        <span className="train-key-item tone-quiet" data-mark="square">
          {named('control')}
        </span>
      )}
      {teacher === undefined || metric === undefined ? null : (
        <span className="train-key-item tone-original" data-mark="line">
          {t('train.teacherAt', { score: formatScore[metric](teacher, language) })}
        </span>
      )}
    </p>
  );
}
