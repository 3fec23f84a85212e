/** What an id is for, as its first letters say. `file-` alone has a dash, as OpenAI has it. */
export const idPrefixes = {
  job: 'job_',
  user: 'usr_',
  apiKey: 'key_',
  provider: 'prv_',
  providerKey: 'pky_',
  ownKey: 'opk_',
  model: 'mdl_',
  price: 'prc_',
  order: 'ord_',
  transfer: 'trf_',
  worker: 'wrk_',
  request: 'req_',
  webhookEndpoint: 'whe_',
  webhookEvent: 'evt_',
  webhookDelivery: 'wh_',
  template: 'tpl_',
  templateVersion: 'tpv_',
  file: 'file-',
  batch: 'batch_',
  wordList: 'wdl_',
} as const;

export type IdKind = keyof typeof idPrefixes;

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';
let lastMs = 0;
let stem = '';
let counter = 0;

/**
 * A new id: prefix, 48 bits of milliseconds, 80 bits that start at random and count up within one millisecond. Ids made by one
 * process sort in the order they were made; nobody can guess one. Every request makes some, so there is no BigInt here: it took ten
 * times as long.
 */
export function newId(kind: IdKind, nowMs: number = Date.now()): string {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    const [first = 0, second = 0, last = 0] = crypto.getRandomValues(new Uint32Array(3));
    stem = letters(nowMs / 2 ** 25, 5) + letters(nowMs % 2 ** 25, 5) + letters(first, 5) + letters(second, 5);
    // 29 random bits: the top one stays free, so that counting up cannot run over.
    counter = last >>> 3;
  } else {
    counter += 1;
  }
  return idPrefixes[kind] + stem + letters(counter, 6);
}

/** The lowest bits of a number, five a letter; six letters at the most. */
function letters(bits: number, count: number): string {
  let text = '';
  for (let shift = 5 * (count - 1); shift >= 0; shift -= 5) text += crockford.charAt((bits >>> shift) & 31);
  return text;
}

/** When an id was made, in milliseconds: its first 10 letters after the prefix. */
export function timeOfId(id: string): number {
  const letters = id.slice(-26, -16);
  return letters.split('').reduce((ms, letter) => ms * 32 + crockford.indexOf(letter), 0);
}
