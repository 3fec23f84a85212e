/** What an id is for, as its first letters say. `file-` alone has a dash, as OpenAI has it. */
export const idPrefixes = {
  job: 'job_',
  user: 'usr_',
  apiKey: 'key_',
  provider: 'prv_',
  providerKey: 'pky_',
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
} as const;

export type IdKind = keyof typeof idPrefixes;

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';
let lastMs = 0;
let counter = 0n;

/**
 * A new id: prefix, 48 bits of milliseconds, 80 bits that start at random and count up within one millisecond. Ids made by one
 * process sort in the order they were made; nobody can guess one.
 */
export function newId(kind: IdKind, nowMs: number = Date.now()): string {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = randomBits();
  } else {
    counter += 1n;
  }
  return idPrefixes[kind] + base32((BigInt(lastMs) << 80n) | counter);
}

/** 79 random bits: the top one stays free, so that counting up cannot run over. */
function randomBits(): bigint {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n) >> 1n;
}

function base32(bits: bigint): string {
  let text = '';
  for (let shift = 125n; shift >= 0n; shift -= 5n) text += crockford[Number((bits >> shift) & 31n)];
  return text;
}

/** When an id was made, in milliseconds: its first 10 letters after the prefix. */
export function timeOfId(id: string): number {
  const letters = id.slice(-26, -16);
  return letters.split('').reduce((ms, letter) => ms * 32 + crockford.indexOf(letter), 0);
}
