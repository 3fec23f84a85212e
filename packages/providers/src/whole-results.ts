import { ModerationResult } from '@sluice/contract';
import { asObject, type JsonObject } from './json-object.ts';
import { ProviderFailure } from './provider-failure.ts';
import { readVector } from './read-vector.ts';
import type { WholeResult, WholeTask } from './whole-call.ts';

/**
 * Reads an answer against what was asked. Nothing is guessed: a vector too many or too few, an index that is not there, a score
 * that is no number make the whole answer wrong, because a caller would store it beside the wrong text.
 * @throws ProviderFailure `malformed`
 */
export function readResult(task: WholeTask, body: unknown): WholeResult {
  switch (task.kind) {
    case 'embedding':
      return readEmbeddings(task.inputs.length, body);
    case 'rerank':
      return readRanks(task, body);
    case 'moderation':
      return readModerations(task.input, body);
  }
}

function malformed(message: string): ProviderFailure {
  return new ProviderFailure('malformed', message);
}

/** The list of an answer, wherever it stands. */
function rowsOf(body: unknown, fields: string[]): JsonObject[] {
  const list = asObject(body);
  const rows = [body, ...fields.map((field) => list?.[field])].find(Array.isArray);
  if (!rows) throw malformed(`The provider answered without ${fields[0]}.`);
  return rows.map((row) => asObject(row) ?? {});
}

function readEmbeddings(expected: number, body: unknown): WholeResult {
  const rows = rowsOf(body, ['data']);
  if (rows.length !== expected) throw malformed(`The provider answered ${rows.length} embeddings for ${expected} inputs.`);
  const byIndex = new Map(rows.map((row, i) => [typeof row.index === 'number' ? row.index : i, row.embedding]));
  const vectors = rows.map((_, i) => readVector(byIndex.get(i)));
  const dimensions = vectors[0]?.dimensions ?? 0;
  const wrong = vectors.findIndex((vector) => vector?.dimensions !== dimensions);
  if (dimensions === 0 || wrong >= 0) throw malformed(`The provider answered no whole vector for input ${Math.max(0, wrong)}.`);
  return { kind: 'embedding', vectors: vectors.map((vector) => vector?.base64 ?? ''), dimensions };
}

/** Voyage says `data`, and the servers of Hugging Face a bare list with `score`. */
function readRanks({ documents, topN }: Extract<WholeTask, { kind: 'rerank' }>, body: unknown): WholeResult {
  const results = rowsOf(body, ['results', 'data']).map((row) => ({
    index: Number.isInteger(row.index) ? (row.index as number) : -1,
    relevance_score: row.relevance_score ?? row.score,
  }));
  const indexes = new Set(results.map(({ index }) => index));
  const areSound = results.every(
    ({ index, relevance_score: score }) => index >= 0 && index < documents.length && typeof score === 'number' && Number.isFinite(score),
  );
  if (!areSound || indexes.size !== results.length) throw malformed('The provider answered ranks that fit no document.');
  const wanted = Math.min(topN ?? documents.length, documents.length);
  if (results.length < wanted) throw malformed(`The provider ranked ${results.length} documents of ${wanted}.`);
  const ranked = (results as { index: number; relevance_score: number }[]).toSorted((a, b) => b.relevance_score - a.relevance_score);
  return { kind: 'rerank', results: ranked.slice(0, wanted) };
}

/** Parts are one message, and judged as one. */
function readModerations(input: Extract<WholeTask, { kind: 'moderation' }>['input'], body: unknown): WholeResult {
  const expected = Array.isArray(input) && typeof input[0] === 'string' ? input.length : 1;
  const rows = rowsOf(body, ['results']);
  if (rows.length !== expected) throw malformed(`The provider answered ${rows.length} results for ${expected} inputs.`);
  return {
    kind: 'moderation',
    results: rows.map((row) => {
      const parsed = ModerationResult.safeParse(row);
      if (!parsed.success) throw malformed('The provider answered something else than the results of a moderation.');
      return parsed.data;
    }),
  };
}
