import { batchLineBytesMax, batchLinesMax, isStorable, type BatchEndpoint, type BatchFault, type BatchFaultCode } from '@sluice/contract';
import { isDeeperThan } from '@sluice/platform';

/** One line of an input file, as it was read. */
export interface InputLine {
  number: number;
  /** Null when it is longer than a line may be. */
  bytes: Uint8Array | null;
}

export type CheckedLine =
  | { type: 'blank' }
  /** Stands for a request: its name, and its body as it was sent. */
  | { type: 'row'; customId: string; body: Record<string, unknown> }
  | { type: 'fault'; fault: BatchFault };

export interface LineChecker {
  /** Lines in the order of the file. */
  check(line: InputLine): CheckedLine;
  /** What is wrong with the file as a whole, when all its lines are read. */
  finish(): BatchFault[];
  /** The model that every row so far names; null when there are several. */
  model(): string | null;
}

export interface FileRules {
  endpoint: BatchEndpoint;
  /** OpenAI's rule: all lines name one model. */
  isSingleModel: boolean;
}

const customIdLengthMax = 512;
const depthMax = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Checks an input file line by line: what is around the bodies, by the rules of the Batch API (openai-contract 3.3). A body that
 * its route would refuse is no fault of the file: its row fails alone. Remembers the custom ids and nothing else of a line.
 */
export function createLineChecker({ endpoint, isSingleModel }: FileRules): LineChecker {
  const lineOfId = new Map<string, number>();
  let rows = 0;
  const models = new Set<unknown>();

  function checkRow(number: number, row: Record<string, unknown>): CheckedLine {
    const { custom_id: customId, method, url, body } = row;
    const fault = (code: BatchFaultCode, param: string, message: string) => faultAt(number, code, message, param);
    if (typeof customId !== 'string' || customId === '')
      return fault('invalid_request', 'custom_id', 'custom_id must be a string that is not empty.');
    if (customId.length > customIdLengthMax || !isStorable(customId)) {
      return fault(
        'invalid_request',
        'custom_id',
        `custom_id must have at most ${customIdLengthMax} characters, no NUL and no half of a surrogate pair.`,
      );
    }
    if (method !== 'POST') return fault('invalid_request', 'method', 'method must be POST.');
    if (url !== endpoint) return fault('url_mismatch', 'url', `url must be ${endpoint}, the endpoint of the batch.`);
    if (!isObject(body)) return fault('invalid_request', 'body', 'body must be a JSON object.');
    const earlier = lineOfId.get(customId);
    if (earlier !== undefined)
      return fault('duplicate_custom_id', 'custom_id', `custom_id ${JSON.stringify(customId)} stands on line ${earlier} already.`);
    lineOfId.set(customId, number);
    models.add(body['model']);
    if (isSingleModel && models.size > 1) return fault('model_mismatch', 'body.model', 'All lines of a batch must name the same model.');
    return { type: 'row', customId, body };
  }

  return {
    check({ number, bytes }) {
      if (!bytes) return faultAt(number, 'invalid_request', `The line is longer than ${batchLineBytesMax} bytes.`);
      const text = decode(bytes);
      if (text !== null && text.trim() === '') return { type: 'blank' };
      rows += 1;
      const row = text === null ? undefined : parseRow(text);
      return isObject(row)
        ? checkRow(number, row)
        : faultAt(number, 'invalid_json_line', `This line is not parseable as valid JSON${text === null ? ': it is not UTF-8' : ''}.`);
    },
    finish() {
      if (rows === 0) return [{ code: 'empty_file', message: 'The file has no lines.', param: null, line: null }];
      if (rows <= batchLinesMax) return [];
      return [
        {
          code: 'too_many_tasks',
          message: `The file has ${rows} lines; a batch takes ${batchLinesMax} at the most.`,
          param: null,
          line: null,
        },
      ];
    },
    model: () => {
      const [only] = models;
      return models.size === 1 && typeof only === 'string' ? only : null;
    },
  };
}

function faultAt(line: number, code: BatchFaultCode, message: string, param: string | null = null): CheckedLine {
  return { type: 'fault', fault: { code, message, param, line } };
}

function decode(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Undefined for what is no JSON, and for what is nested so deep that reading it could break the reader. */
function parseRow(text: string): unknown {
  try {
    return isDeeperThan(text, depthMax) ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
