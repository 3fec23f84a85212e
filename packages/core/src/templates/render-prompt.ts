import { AppError } from '@sluice/platform';
import Mustache from 'mustache';
import type { PromptText } from './prompt-text.ts';

type MustacheContext = InstanceType<typeof Mustache.Context>;

/** As large as a job's own input may be. */
const charactersMax = 4_000_000;

/**
 * Fills a checked text in. Values go in as they are: nothing is escaped, and tags in them are not read. Every variable must be
 * in `values`, an absent one as ''. Takes as long as its result is long.
 * @throws AppError `invalid_request` past 4 million characters, before they are built
 */
export function renderPrompt(text: PromptText, values: Record<string, unknown>): string {
  const writer = new BoundedWriter();
  return writer.renderTokens(text as unknown as string[][], new Mustache.Context(values));
}

/** Counts while it writes: a long value inside a repeated section must not be built first and measured then. */
class BoundedWriter extends Mustache.Writer {
  #characters = 0;

  override rawValue(token: string[]): string {
    return this.#count(super.rawValue(token));
  }

  override escapedValue(token: string[], context: MustacheContext): string {
    return this.unescapedValue(token, context);
  }

  override unescapedValue(token: string[], context: MustacheContext): string {
    return this.#count(String(context.lookup(token[1] ?? '')));
  }

  #count(piece: string): string {
    this.#characters += piece.length;
    if (this.#characters <= charactersMax) return piece;
    throw new AppError('invalid_request', `variables: fill the template to more than ${charactersMax} characters`, { param: 'variables' });
  }
}
