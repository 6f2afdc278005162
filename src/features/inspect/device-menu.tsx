import { useCallback, useState } from 'react';
import { useActions, useStudio } from '../../store/index.ts';
import { Dial } from '../../ui/dial.tsx';
import { formatInteger, useWords } from '../../ui/index.ts';
import { Popover } from '../../ui/popover.tsx';
import { DynamicDims } from './dynamic-dims.tsx';

/** Where the model runs: backend, threads, sizes of open dimensions. What is absent is said to be absent. */
export function DeviceMenu() {
  const { t } = useWords();
  const settings = useStudio((state) => state.settings);
  const device = useStudio((state) => state.device);
  if (device === undefined) return null;
  const name = t(settings.backend === 'webgpu' ? 'device.webgpu' : 'device.wasm');
  const face =
    settings.backend === 'webgpu'
      ? name
      : `${name} · ${settings.threads === 1 ? t('device.thread') : t('device.threads', { count: settings.threads })}`;
  return (
    <Popover
      face={<span className="device-face">{face}</span>}
      label={`${t('device.title')}: ${face}`}
      testId="device-menu"
    >
      <DevicePanel />
    </Popover>
  );
}

/** The same as a panel: in the popover of the wide page, in a tab of the narrow one. */
export function DevicePanel() {
  const { t } = useWords();
  const { configure } = useActions();
  const settings = useStudio((state) => state.settings);
  const device = useStudio((state) => state.device);
  if (device === undefined) return null;
  const { webgpu } = device;
  return (
    <div className="device-panel">
      <fieldset className="device-backends">
        <legend className="field-title">{t('device.backend')}</legend>
        <label className="radio">
          <input
            type="radio"
            name="backend"
            checked={settings.backend !== 'webgpu'}
            onChange={() => configure({ backend: 'wasm' })}
            data-testid="backend-wasm"
          />
          <span>
            {t('device.wasm')}
            <span className="radio-note">{t('device.wasmNote')}</span>
          </span>
        </label>
        <label className="radio">
          <input
            type="radio"
            name="backend"
            disabled={!webgpu.available}
            checked={settings.backend === 'webgpu'}
            onChange={() => configure({ backend: 'webgpu' })}
            data-testid="backend-webgpu"
          />
          <span>
            {t('device.webgpu')}
            <span className="radio-note" data-testid="webgpu-note">
              {webgpu.available ? webgpu.adapter : t('device.webgpuAbsent')}
              {webgpu.software ? ` · ${t('device.software')}` : ''}
              {webgpu.available && !webgpu.float16 ? ` · ${t('device.noFloat16')}` : ''}
            </span>
          </span>
        </label>
      </fieldset>
      {settings.backend === 'webgpu' ? null : <Threads max={device.maxThreads} />}
      {device.isolated ? null : (
        <p className="panel-note" data-testid="not-isolated">
          {t('device.notIsolated')}
        </p>
      )}
      <DynamicDims />
    </div>
  );
}

function Threads({ max }: { readonly max: number }) {
  const { t, language } = useWords();
  const { configure } = useActions();
  const asked = useStudio((state) => state.settings.threads);
  const [dragged, setDragged] = useState<number | undefined>(undefined);
  const settle = useCallback(
    (threads: number) => {
      setDragged(undefined);
      configure({ threads });
    },
    [configure],
  );
  const value = dragged ?? asked;
  return (
    <Dial
      label={t('device.threadsLabel')}
      value={value}
      min={1}
      max={Math.max(1, max)}
      step={1}
      unit="count"
      disabled={max <= 1}
      valueText={
        value === 1
          ? t('device.thread')
          : t('device.threads', { count: formatInteger(value, language) })
      }
      onChange={setDragged}
      onSettled={settle}
      testId="threads"
    />
  );
}
