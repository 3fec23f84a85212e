import { ModelCapability } from '@sluice/contract';
import { asObject, type JsonObject } from './json-object.ts';

/** What a row says of itself, in the words of Mistral, Kimi, Fireworks, Cohere and OpenRouter. */
function isTold(row: JsonObject, capability: 'vision' | 'tools'): boolean {
  const told = asObject(row.capabilities);
  const inputs = asObject(row.architecture)?.input_modalities;
  if (capability === 'vision')
    return (
      Boolean(told?.vision || row.supports_image_in || row.supports_vision || row.supports_image_input) ||
      (Array.isArray(inputs) && inputs.includes('image'))
    );
  const parameters = row.supported_parameters;
  return Boolean(told?.function_calling || row.supports_tools) || (Array.isArray(parameters) && parameters.includes('tools'));
}

/** Kinds of models that answer no chat; the first that fits decides. */
const otherKinds: { capability: ModelCapability; words: RegExp }[] = [
  { capability: 'rerank', words: /rerank/i },
  { capability: 'embedding', words: /embed|(^|[/-])bge-|text-similarity|gte-/i },
  { capability: 'moderation', words: /moderation/i },
  { capability: 'image', words: /dall-e|gpt-image|stable-diffusion|flux|seedream|cogview|kolors|imagen|wanx|-t2i/i },
];

const visionWords = /vision|(^|[-_/\d])vl([-_/\d]|$)|gpt-4o|gpt-4\.1|gpt-5|gemini|claude|glm-[\d.]+v|pixtral|omni/i;
const reasoningWords = /reason|think|(^|[-_/])r1([-_/]|$)|(^|[-_/])o[134]([-_/]|$)|qwq|gpt-5/i;

/** Guesses from a row and from its name; an administrator looks at the guess before the model is added. */
export function guessCapabilities(id: string, row: JsonObject): ModelCapability[] {
  const other = otherKinds.find(({ words }) => words.test(id));
  if (other) return [other.capability];
  const guessed = new Set<ModelCapability>(['text']);
  if (isTold(row, 'vision') || visionWords.test(id)) guessed.add('vision');
  if (reasoningWords.test(id)) guessed.add('reasoning');
  if (isTold(row, 'tools')) guessed.add('tools');
  return ModelCapability.options.filter((capability) => guessed.has(capability));
}
