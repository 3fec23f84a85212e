import type { JobEvent } from '@sluice/contract';
import type { TextFilter, TextRules } from '@sluice/core';
import { createJsonText } from './json-text.ts';

/** Stands between a provider and everything that its answer goes to, so that what is stored is what was streamed. */
export interface AnswerScreen {
  take(event: JobEvent): void;
  /** Lets through what was held back. */
  end(): void;
  isBlocked(): boolean;
}

type Pass = (event: JobEvent) => void;

/** Lets an answer through as the word lists allow; without any, it is not looked at. */
export function screenAnswer(rules: TextRules | null, attempt: number, pass: Pass): AnswerScreen {
  return rules ? createAnswerScreen(rules, attempt, pass) : { take: pass, end: () => undefined, isBlocked: () => false };
}

type Said = 'text-delta' | 'reasoning-delta';

/**
 * Text and reasoning are masked, and held back while a listed word may have begun at their end; one is let go before the other
 * goes on. The arguments of tools are somebody's JSON: they pass as they are, up to the piece that completes a word that
 * blocks. Such a word ends the whole answer, and what came before it stays.
 */
function createAnswerScreen(rules: TextRules, attempt: number, pass: Pass): AnswerScreen {
  let said: Said = 'text-delta';
  const filter = rules.follow();
  const tools = new Map<number, ToolScreen>();
  let isBlocked = false;

  function say(delta: string): void {
    if (delta !== '') pass({ type: said, attempt, delta });
    isBlocked ||= filter.isBlocked();
  }

  function takeTool(event: Extract<JobEvent, { type: 'tool-delta' }>): void {
    say(filter.end());
    const tool = tools.get(event.index) ?? createToolScreen(rules.watch());
    tools.set(event.index, tool);
    isBlocked ||= tool(event.arguments);
    if (!isBlocked) pass(event);
  }

  return {
    take(event) {
      if (isBlocked) return;
      if (event.type === 'tool-delta') takeTool(event);
      else if (event.type === 'text-delta' || event.type === 'reasoning-delta') {
        if (event.type !== said) say(filter.end());
        said = event.type;
        say(filter.push(event.delta));
      } else pass(event);
    },
    end: () => say(filter.end()),
    isBlocked: () => isBlocked,
  };
}

/** Takes the next piece of a call's arguments; true when they hold a word that blocks. */
type ToolScreen = (piece: string) => boolean;

function createToolScreen(watch: TextFilter): ToolScreen {
  const read = createJsonText();
  return (piece) => {
    watch.push(read(piece));
    return watch.isBlocked();
  };
}
