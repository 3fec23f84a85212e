import type { Fault, ModelCapability } from '@sluice/contract';
import { invalidRequest } from '@sluice/platform';

export const imagesMax = 50;
/** A data URL: about 10 MB of image. */
const dataUrlMaxLength = 14_000_000;
const urlMaxLength = 8192;

/**
 * What an image counts in a hold, whatever its size: the larger pictures of OpenAI, Anthropic and Qwen take about so much, and
 * nobody here looks into one. The provider's own count is what is charged.
 */
export const imageTokens = 1600;

interface Image {
  path: string;
  url: unknown;
}

/**
 * Refuses images that no provider should be sent. None is ever fetched or decoded here: a URL goes to the provider as it is.
 * @throws AppError invalid_request with every fault, or for a model that is not said to read images
 */
export function refuseWrongImages(messages: unknown[], { alias, capabilities }: { alias: string; capabilities: ModelCapability[] }): void {
  const images = messages.flatMap((message, i) => imagesIn(field(message, 'content'), `messages.${i}.content`));
  if (images.length === 0) return;
  if (!capabilities.includes('vision')) {
    const message = `The model ${alias} is not said to read images (its capabilities are ${capabilities.join(', ')}); name one with vision, or let an administrator add it.`;
    throw invalidRequest([{ path: images[0]?.path ?? 'messages', message }]);
  }
  refuseFaults(images, 'messages');
}

/** The same for the parts of one message that is to be moderated. @throws AppError invalid_request */
export function refuseWrongParts(parts: unknown): void {
  refuseFaults(imagesIn(parts, 'input'), 'input');
}

function refuseFaults(images: Image[], path: string): void {
  const faults = images.flatMap(faultOf);
  if (images.length > imagesMax) faults.unshift({ path, message: `must hold at most ${imagesMax} images, not ${images.length}` });
  if (faults.length > 0) throw invalidRequest(faults.slice(0, 100));
}

/** True for a part of a message that is an image. */
export const isImage = (part: unknown): boolean => field(part, 'type') === 'image_url';

function imagesIn(content: unknown, path: string): Image[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown, i) => {
    if (!isImage(part)) return [];
    const image = field(part, 'image_url');
    // Some clients send the URL itself.
    return typeof image === 'string'
      ? [{ path: `${path}.${i}.image_url`, url: image }]
      : [{ path: `${path}.${i}.image_url.url`, url: field(image, 'url') }];
  });
}

function faultOf({ path, url }: Image): Fault[] {
  const fault = findFault(url);
  return fault === null ? [] : [{ path, message: fault }];
}

function findFault(url: unknown): string | null {
  if (typeof url !== 'string') return 'must be an http(s) URL or a data URL';
  if (/^data:/i.test(url)) return findDataFault(url);
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return 'must be an http(s) URL or a data URL';
  return url.length > urlMaxLength ? `must have at most ${urlMaxLength} characters` : null;
}

function findDataFault(url: string): string | null {
  if (!/^data:image\/(png|jpe?g|gif|webp);base64,[A-Za-z0-9+/]/i.test(url.slice(0, 64)))
    return 'must be a PNG, JPEG, GIF or WebP image: data:image/png;base64,...';
  return url.length > dataUrlMaxLength ? `must have at most ${dataUrlMaxLength} characters, about 10 MB of image` : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
