import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const globalUnicast6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * True when an IP address is one of a public host: global unicast and nothing else. Private, loopback, link-local, CGNAT, multicast,
 * documentation, `0.0.0.0/8` and reserved ranges are not, nor are IPv6 forms that carry an IPv4 address to somebody who unpacks it
 * (v4-mapped, v4-compatible, NAT64, 6to4, Teredo). What cannot be read is not either.
 */
export function isGlobalAddress(address: string): boolean {
  if (!isIP(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // The library calls everything in IPv6 that is in no list of its own `unicast`; the world has given out 2000::/3 only.
  return parsed instanceof ipaddr.IPv4 || parsed.match(...globalUnicast6);
}
