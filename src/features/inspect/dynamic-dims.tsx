import { useActions, useStudio } from '../../store/index.ts';
import { useWords } from '../../ui/index.ts';

/** Sizes that the model leaves open, and the concrete ones it is measured with. */
export function DynamicDims() {
  const { t } = useWords();
  const { configure } = useActions();
  const dims = useStudio((state) => state.settings.dims);
  const names = Object.keys(dims);
  if (names.length === 0) return null;
  return (
    <fieldset className="dims">
      <legend className="field-title">{t('device.dims')}</legend>
      {names.map((name) => (
        <label key={name} className="dim">
          <code>{name}</code>
          <input
            type="number"
            className="text-field"
            min={1}
            max={65_536}
            step={1}
            defaultValue={dims[name]}
            key={dims[name]}
            onBlur={(event) => {
              const size = Math.round(event.target.valueAsNumber);
              if (size >= 1 && size !== dims[name]) configure({ dims: { ...dims, [name]: size } });
            }}
          />
        </label>
      ))}
    </fieldset>
  );
}
