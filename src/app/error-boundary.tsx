import { Component, type ReactNode } from 'react';
import { pickLanguage, wordsIn } from './languages/words-in.ts';

/** When the page itself breaks: says so and offers to reload; the session is kept in the browser. */
export class ErrorBoundary extends Component<
  { readonly children: ReactNode },
  { readonly error: Error | undefined }
> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const { t } = wordsIn(pickLanguage([document.documentElement.lang]));
    return (
      <main className="crashed" role="alert" data-testid="crashed">
        <p>{t('app.crashed')}</p>
        <pre lang="en">{error.message}</pre>
        <button type="button" className="button button-primary" onClick={() => location.reload()}>
          {t('app.reload')}
        </button>
      </main>
    );
  }
}
