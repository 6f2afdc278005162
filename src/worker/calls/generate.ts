import {
  coldStart,
  continuationText,
  EngineError,
  generateInTurns,
  tokensPerSecond,
  type GenerateRequest,
  type Session,
  type Task,
  type TokenPlan,
} from '../../engine/index.ts';
import { buildVariant, feedsFor, originalRecipe, variantById } from '../build-variant.ts';
import type { GeneratedText, GeneratedTexts } from '../protocol.ts';
import type { Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import type { StoredVariant } from '../variants.ts';
import type { Workspace } from '../workspace.ts';

/** Both models go on with a text; what they have written so far is told after every token. */
export const generate: Handler<'generate'> = (body, context) =>
  context.workspace.jobs.run(context.id, 'user', async (signal) => {
    const { workspace } = context;
    const task = workerTask(signal, context.progress);
    const plan = planOf(workspace);
    task.report({ phase: 'creating-session', done: 0, total: 1 });
    const original = await buildVariant(workspace, originalRecipe, task);
    const variant = await variantById(workspace, body.variant, task);
    const reference = await workspace.reference(() => feedsFor(workspace, original.model));
    const own = variant === original ? undefined : await startedSession(workspace, variant);
    const arms = own === undefined ? [reference.session] : [reference.session, own];
    try {
      const prompt = plan.tokenizer.encodePrompt(body.prompt);
      const writers = arms.map(() => writer(plan, prompt));
      const texts = (): GeneratedTexts => {
        const [first = empty, second] = writers.map((each) => each.text());
        return { original: first, variant: second };
      };
      const requests = arms.map((session): GenerateRequest => {
        const clock = { nowMs: () => performance.now() };
        const { tokens: limit, sampling } = body;
        return { session, plan, prompt, limit, sampling, clock, task: silently(task) };
      });
      let done = 0;
      for await (const token of generateInTurns(requests)) {
        writers[token.arm]?.add(token);
        done++;
        context.generated(texts());
        task.report({ phase: 'generating', done, total: body.tokens * arms.length });
      }
      return texts();
    } finally {
      // After a kill there is nothing left to release; the reason reaches the page through the job itself.
      await own?.release().catch(() => undefined);
    }
  });

const empty: GeneratedText = { text: '', tokens: 0, tokensPerSecond: undefined };

function planOf({ data }: Workspace): TokenPlan {
  if (data?.tokens !== undefined) return data.tokens;
  throw new EngineError('data/mismatch', {
    where: 'data',
    detail: 'no text with its tokenizer is open',
    hint: 'Open a text and the tokenizer.json of the model',
  });
}

/** Run once before, as the original was: so that none pays for what the other finds ready. */
async function startedSession(
  workspace: Workspace,
  { model, file, sessionOptions }: StoredVariant,
): Promise<Session> {
  const feeds = await feedsFor(workspace, model);
  return (await coldStart(workspace.runtime(), file, feeds, sessionOptions)).session;
}

/** The progress of the whole is told here. */
const silently = (task: Task): Task => ({ ...task, report: () => undefined });

interface Writer {
  add(token: { readonly id: number; readonly ms: number }): void;
  text(): GeneratedText;
}

function writer({ tokenizer }: TokenPlan, prompt: readonly number[]): Writer {
  const tokens: { readonly id: number; readonly ms: number }[] = [];
  return {
    add: (token) => void tokens.push(token),
    text: () => ({
      text: continuationText(
        tokenizer,
        prompt,
        tokens.map(({ id }) => id),
      ),
      tokens: tokens.length,
      tokensPerSecond: tokensPerSecond(tokens),
    }),
  };
}
