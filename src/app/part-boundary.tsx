import { Component, type ReactNode } from 'react';
import { Button, useWords } from '../ui/index.ts';

/** A part of the page that breaks takes nothing else with it: it says so in its place and can be tried again. */
export class PartBoundary extends Component<
  { readonly children: ReactNode },
  { readonly error: unknown }
> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return <Broken retry={() => this.setState({ error: undefined })} />;
  }
}

function Broken({ retry }: { readonly retry: () => void }) {
  const { t } = useWords();
  return (
    <div className="chart-wait" role="alert" data-testid="part-broken">
      <p>{t('app.partBroken')}</p>
      <Button onClick={retry}>{t('action.retry')}</Button>
    </div>
  );
}
