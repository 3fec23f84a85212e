import { z } from 'zod';
import { takeDirective, type SimDirective } from './sim-directive.ts';
import { hashText } from './sim-random.ts';
import { countPrompt, type SimRequest } from './sim-request.ts';
import { scoreDocument, writeVector } from './sim-vectors.ts';

const model = z.string();
const texts = z.array(z.string()).min(1);
const ids = z.array(z.int().min(0)).min(1);

const EmbeddingBody = z.looseObject({
  model,
  input: z.union([z.string(), texts, ids, z.array(ids).min(1)]),
  dimensions: z.int().min(1).max(65_536).optional(),
  encoding_format: z.enum(['float', 'base64']).optional(),
});
const RerankBody = z.looseObject({ model, query: z.string(), documents: texts, top_n: z.int().min(1).optional() });
const ModerationPart = z.looseObject({ type: z.string(), text: z.string().optional() });
const ModerationBody = z.looseObject({ model, input: z.union([z.string(), texts, z.array(ModerationPart).min(1)]) });

/**
 * Readers of the requests that are no chats, by their paths. A directive may stand in any of the texts.
 * Each @throws Error that says what is wrong
 */
export const wholeReaders: Record<string, (json: unknown) => SimRequest> = {
  '/embeddings': readEmbedding,
  '/rerank': readRerank,
  '/moderations': readModeration,
};

function readEmbedding(json: unknown): SimRequest {
  const { model: name, input, dimensions, encoding_format: format } = parse(EmbeddingBody, json);
  const inputs =
    typeof input === 'string' ? [input] : typeof input[0] === 'number' ? [input as number[]] : (input as (string | number[])[]);
  const { directive, prompts } = takeFrom(inputs);
  const data = () =>
    prompts.map((prompt, index) => {
      const vector = writeVector(prompt, dimensions);
      return { object: 'embedding', index, embedding: format === 'base64' ? encode(vector) : vector };
    });
  return requestOf(name, { directive, prompts }, (usage) => ({ object: 'list', model: name, data: data(), ...usage }));
}

function readRerank(json: unknown): SimRequest {
  const { model: name, query, documents, top_n: topN = documents.length } = parse(RerankBody, json);
  const taken = takeFrom([query, ...documents]);
  const [asked = '', ...prompts] = taken.prompts as string[];
  const results = () =>
    prompts
      .map((prompt, index) => ({ index, relevance_score: scoreDocument(asked, prompt) }))
      .toSorted((a, b) => b.relevance_score - a.relevance_score)
      .slice(0, topN);
  // Each document is read together with the query.
  const counted = prompts.map((prompt) => `${asked} ${prompt}`);
  return requestOf(name, { directive: taken.directive, prompts: counted }, (usage) => ({ model: name, results: results(), ...usage }));
}

/** What each category is found by. */
const categoryWords: Record<string, RegExp> = {
  harassment: /\b(idiot|stupid)\b/i,
  hate: /\bhate\b/i,
  'self-harm': /\bself-harm\b/i,
  sexual: /\bsexual\b/i,
  violence: /\b(kill|bomb|murder)\b/i,
};

function readModeration(json: unknown): SimRequest {
  const { model: name, input } = parse(ModerationBody, json);
  const parts = [input].flat();
  const { directive, prompts } = takeFrom(parts.map((part) => (typeof part === 'string' ? part : (part.text ?? ''))));
  const judged = parts.some((part) => typeof part !== 'string') ? [prompts.join('\n')] : (prompts as string[]);
  const body = { id: `modr-${hashText(JSON.stringify(input))}`, model: name, results: judged.map(judge) };
  // OpenAI counts nothing here.
  return requestOf(name, { directive, prompts }, (usage) => ({ ...body, ...(directive.usage !== undefined && usage) }));
}

function judge(text: string) {
  const found = Object.entries(categoryWords).map(([name, words]) => [name, words.test(text)] as const);
  const scores = found.map(([name, isFound]) => [name, isFound ? 0.98 : (hashText(name + text) % 100) / 10_000] as const);
  return {
    flagged: found.some(([, isFound]) => isFound),
    categories: Object.fromEntries(found),
    category_scores: Object.fromEntries(scores),
  };
}

function encode(vector: number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

interface Taken {
  directive: SimDirective;
  prompts: (string | number[])[];
}

/** The directive of the first text that has one, and all inputs without theirs. */
function takeFrom(inputs: (string | number[])[]): Taken {
  const taken = inputs.map((input) => (typeof input === 'string' ? takeDirective(input) : { directive: {}, prompt: input }));
  const { directive = {} } = taken.find(({ directive: told }) => Object.keys(told).length > 0) ?? {};
  return { directive, prompts: taken.map(({ prompt }) => prompt) };
}

function requestOf(name: string, { directive, prompts }: Taken, render: (usage: { usage?: unknown }) => object): SimRequest {
  const promptTokens = prompts.reduce<number>((sum, prompt) => sum + (typeof prompt === 'string' ? countPrompt(prompt) : prompt.length), 0);
  const counted = { prompt_tokens: Math.max(1, promptTokens), total_tokens: Math.max(1, promptTokens) };
  const usage = directive.no_usage ? {} : { usage: directive.usage ?? counted };
  return {
    model: name,
    prompt: prompts.map(String).join('\n'),
    directive,
    promptTokens,
    maxTokens: Infinity,
    isStream: false,
    includesUsage: false,
    renderWhole: () => JSON.stringify(render(usage)),
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}
