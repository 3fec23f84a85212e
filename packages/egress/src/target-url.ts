import { isIP } from 'node:net';
import { EgressError } from './egress-error.ts';

/** Ports above 1023 that speak another protocol, where a request could be read as a command; as browsers have them. */
const badPorts = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);
const urlLengthMax = 2048;

/**
 * A URL that a user set, as it will be dialled. The URL standard has made every spelling of an IPv4 address (decimal, octal,
 * hexadecimal, short, with a trailing dot, in full-width digits) the dotted one.
 * @throws EgressError `refused` for what is not http(s), holds a user name or password, or names a port of another protocol
 */
export function readTargetUrl(text: string): URL {
  if (text.length > urlLengthMax) throw refused(`is longer than ${urlLengthMax} characters`);
  const url = URL.parse(text);
  if (!url || url.hostname === '') throw refused('is not a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused('must begin with https:// or http://');
  if (url.username !== '' || url.password !== '') throw refused('must not hold a user name or password');
  if (url.port !== '' && !isSanePort(Number(url.port))) throw refused(`names port ${url.port}, which is not for HTTP`);
  return url;
}

const isSanePort = (port: number): boolean => port === 80 || port === 443 || (port > 1023 && !badPorts.has(port));

/** The address that a URL names itself, without brackets; null for a host name. */
export function literalAddress(hostname: string): string | null {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) ? bare : null;
}

const refused = (what: string): EgressError => new EgressError('refused', `The URL ${what}.`);
