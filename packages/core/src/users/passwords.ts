import { AppError } from '@sluice/platform';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's first choice for argon2id (the library's default variant); 19 MiB and about 25 ms each. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The threads that hash also serve the disk and DNS: two leave room for them, and 40 MB is what hashing may hold. */
const runningMax = 2;
const waitingMax = 50;

let running = 0;
const waiting: (() => void)[] = [];
let decoy: Promise<string> | null = null;

/**
 * The argon2id hash of a password, with its parameters and salt in it.
 * @throws AppError `unavailable` when too many others wait to be hashed
 */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, cost));
}

/**
 * Whether a password is the one of this hash. Null, for a user who does not exist or has no password, takes as long and is
 * never right, so that time tells nothing about who has an account.
 * @throws AppError `unavailable` when too many others wait to be hashed
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  decoy ??= hash('nobody has this password', cost);
  const against = passwordHash ?? (await decoy);
  const fits = await inTurn(() => verify(against, password));
  return fits && passwordHash !== null;
}

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= runningMax) {
    if (waiting.length >= waitingMax)
      throw new AppError('unavailable', 'Too many people sign in at once. Try again.', { retryAfterMs: 1000 });
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    // Whoever waits takes over this turn: `running` stays as it is.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
