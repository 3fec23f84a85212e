import type { EntityManager } from '@mikro-orm/postgresql';
import { findModel, type ModelForSubmit } from './find-model.ts';

/** Names that callers made up are remembered too; this many, and then all are forgotten. */
const entriesMax = 5000;

export interface ModelDirectory {
  /** As `findModel`, at most `ttlMs` old. Callers that ask for the same model at once share one look-up. */
  find(alias: string): Promise<ModelForSubmit | null>;
  /** Called when the `providers` bell rings: what was known may have changed. */
  forget(): void;
}

interface ModelDirectoryParts {
  em: () => EntityManager;
  ttlMs: number;
  /** Milliseconds that never go back. */
  nowMs?: () => number;
}

/** The models a server is asked for, so that a submit does not read the same rows again and again. */
export function createModelDirectory({ em, ttlMs, nowMs = () => performance.now() }: ModelDirectoryParts): ModelDirectory {
  const entries = new Map<string, { model: Promise<ModelForSubmit | null>; staleAtMs: number }>();

  const read = async (alias: string): Promise<ModelForSubmit | null> => findModel(em(), alias);

  function look(alias: string): Promise<ModelForSubmit | null> {
    if (entries.size >= entriesMax) entries.clear();
    const entry = { model: read(alias), staleAtMs: nowMs() + ttlMs };
    entries.set(alias, entry);
    // A fault is not remembered: the next caller looks again.
    entry.model.catch(() => entries.get(alias) === entry && entries.delete(alias));
    return entry.model;
  }

  return {
    find(alias) {
      const entry = entries.get(alias);
      return entry && entry.staleAtMs > nowMs() ? entry.model : look(alias);
    },
    forget: () => entries.clear(),
  };
}
