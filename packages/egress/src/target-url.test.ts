import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEgress } from './egress.ts';
import { literalAddress, readTargetUrl } from './target-url.ts';

const egress = createEgress({ allow: [] });
const refuses = (url: string) => expect(() => egress.check(url)).toThrow(expect.objectContaining({ reason: 'refused' }));

describe('a URL that a user set', () => {
  test.each([
    'file:///etc/passwd',
    'gopher://example.com/',
    'ftp://example.com/',
    'unix:/run/docker.sock',
    'http+unix://%2Frun%2Fdocker.sock/',
    'javascript:alert(1)',
    'data:text/plain,x',
    '//example.com/',
    '/path',
    'example.com',
    '',
    'http://',
    'http:///',
    'https://exa mple.com/',
    'http://[::1',
    'http://[fe80::1%25eth0]/',
    'http://[fe80::1%eth0]/',
    'http://%00/',
    'http://ex\u0000ample.com',
    'http://user@example.com/',
    'http://:pass@example.com/',
    'https://example.com@127.0.0.1/',
    'https://a:b@example.com/',
    'http://example.com:22/',
    'http://example.com:25/',
    'http://example.com:0/',
    'http://example.com:6667/',
    'http://example.com:6000/',
    'http://example.com:99999/',
    `https://example.com/${'x'.repeat(2048)}`,
  ])('is refused: %s', refuses);

  test.each([
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '0',
    '0.0.0.0',
    '127.0.0.1.',
    '0x7f.0.0.1.',
    '１２７.0.0.1',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '①②⑦.⓪.⓪.①',
    '10.0.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '0xa9fea9fe',
    '2852039166',
    '100.64.0.1',
    '255.255.255.255',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00::1]',
    '[fec0::1]',
  ])('is refused whatever the spelling of its address: %s', (host) => {
    refuses(`http://${host}/`);
    refuses(`https://${host}:8443/hook?x=1`);
  });

  test.each([
    'https://example.com/hook',
    'http://example.com',
    'https://example.com:8443/a?b#c',
    'https://bücher.example/',
    'https://example.com./',
    'http://1.1.1.1:8080/',
    'http://[2606:4700::1111]/',
  ])('is taken: %s', (url) => expect(() => egress.check(url)).not.toThrow());

  test('names one IPv4 address however it is written', () => {
    const spellings = (bits: number) => {
      const [a, b, c, d] = [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255] as const;
      return [
        `${a}.${b}.${c}.${d}`,
        `${a}.${b}.${c * 256 + d}`,
        `${a}.${bits & 0xffffff}`,
        `${bits}`,
        `0x${bits.toString(16)}`,
        `0${bits.toString(8)}`,
        `0x${a.toString(16)}.0${b.toString(8)}.${c}.${d}.`,
      ];
    };
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), (bits) => {
        expect(new Set(spellings(bits).map((host) => literalAddress(readTargetUrl(`http://${host}/`).hostname))).size).toBe(1);
      }),
    );
  });

  test('never makes anything but an EgressError, whatever is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })), (text) => {
        try {
          egress.check(text);
        } catch (error) {
          expect(error).toMatchObject({ name: 'EgressError', reason: 'refused' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
