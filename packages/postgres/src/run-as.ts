import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Whom PostgreSQL runs as, in the form that `spawn` takes. Empty: as we do. */
export type RunAs = { uid: number; gid: number } | Record<string, never>;

/**
 * PostgreSQL refuses to run as root, so root hands it to somebody else: to the owner of the data there is, so that it stays
 * readable, else to `postgres` where a package made that user, else to `nobody`, whom every system has.
 */
export function findRunAs(dataDir: string): RunAs {
  if (userInfo().uid !== 0) return {};
  const owner = statSync(dataDir, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const uid = findId('-u', name);
    const gid = findId('-g', name);
    if (uid && gid) return { uid, gid };
  }
  throw new Error(
    'PostgreSQL does not run as root and there is neither a user `postgres` nor `nobody`; start as another user, or set DATABASE_URL',
  );
}

function findId(kind: '-u' | '-g', name: string): number | null {
  try {
    return Number(execFileSync('id', [kind, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return null;
  }
}
