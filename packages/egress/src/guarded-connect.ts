import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { promisify } from 'node:util';
import { buildConnector } from 'undici';
import type { AllowList } from './allow-list.ts';
import { EgressError } from './egress-error.ts';
import { isGlobalAddress } from './global-address.ts';
import { literalAddress } from './target-url.ts';

/** Finds every address of a name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const lookupAll = promisify(lookup) as (hostname: string, options: LookupOptions & { all: true }) => Promise<LookupAddress[]>;

export const resolveBySystem: Resolve = (hostname) => lookupAll(hostname, { all: true, verbatim: true });

interface GuardParts {
  allowList: AllowList;
  resolve: Resolve;
  timeoutMs: number;
}

/** A name has more addresses than a sane service needs; the rest is not tried. */
const addressesMax = 16;

/**
 * Connects only to permitted addresses. A name is resolved once, at dial, every address of the answer is checked, and the socket
 * goes to those very addresses: there is no second look-up that could say something else. One address that is not permitted spoils
 * the whole answer.
 */
export function createGuardedConnect(parts: GuardParts): buildConnector.connector {
  const { allowList, timeoutMs } = parts;
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    lookup: (hostname, options, done) => {
      findPermitted(parts, hostname).then(
        ([first, ...rest]) => {
          if (options.all) done(null, [first, ...rest]);
          else done(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => done(error, ''),
      );
    },
  });
  return (options, done) => {
    // No look-up is made for an address, so it is checked here.
    const address = literalAddress(options.hostname);
    if (address !== null && !isPermitted(allowList, address)) return done(notPublic(), null);
    connect(options, done);
  };
}

async function findPermitted({ allowList, resolve }: GuardParts, hostname: string): Promise<[LookupAddress, ...LookupAddress[]]> {
  const [first, ...rest] = (await resolve(hostname)).slice(0, addressesMax);
  if (!first) throw new EgressError('dns', 'The host name has no address.');
  const addresses: [LookupAddress, ...LookupAddress[]] = [first, ...rest];
  if (allowList.allowsHost(hostname)) return addresses;
  if (addresses.some(({ address }) => !isPermitted(allowList, address))) throw notPublic();
  return addresses;
}

/** Whether a socket may go to an address. */
export function isPermitted(allowList: AllowList, address: string): boolean {
  return isGlobalAddress(address) || allowList.allowsAddress(address);
}

export function notPublic(): EgressError {
  return new EgressError('refused', 'The host has an address that is not public; an operator can permit it with EGRESS_ALLOW.');
}
