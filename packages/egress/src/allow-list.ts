import { AppConfigError } from '@sluice/platform';
import ipaddr from 'ipaddr.js';

/** What an operator permits beyond public addresses. */
export interface AllowList {
  allowsHost(hostname: string): boolean;
  allowsAddress(address: string): boolean;
}

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

const hostname = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * Reads EGRESS_ALLOW: exact host names (all of whose addresses are then permitted), addresses, and CIDRs.
 * @throws AppConfigError naming every entry that is none of these
 */
export function readAllowList(entries: string[]): AllowList {
  const hosts = new Set<string>();
  const ranges: Range[] = [];
  const faults: string[] = [];
  for (const entry of entries.map((given) => given.toLowerCase())) {
    const range = rangeOf(entry);
    if (range) ranges.push(range);
    else if (hostname.test(entry) && !looksNumeric(entry)) hosts.add(entry);
    else faults.push(`EGRESS_ALLOW: ${entry} is not a host name, an IP address or a CIDR`);
  }
  if (faults.length > 0) throw new AppConfigError(faults);
  return {
    allowsHost: (name) => hosts.has(withoutDot(name.toLowerCase())),
    allowsAddress: (address) => ipaddr.isValid(address) && ranges.some((range) => isWithin(address, range)),
  };
}

function rangeOf(entry: string): Range | null {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
  if (!ipaddr.IPv4.isValidFourPartDecimal(entry) && !ipaddr.IPv6.isValid(entry)) return null;
  const address = ipaddr.parse(entry);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Whatever ends in a number is an address in disguise, as browsers see it. */
const looksNumeric = (entry: string): boolean => /(^|\.)(\d+|0x[0-9a-f]*)$/.test(entry);

const withoutDot = (name: string): string => name.replace(/\.$/, '');

function isWithin(address: string, [network, bits]: Range): boolean {
  const parsed = ipaddr.parse(address);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}
