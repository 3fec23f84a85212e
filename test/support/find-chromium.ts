import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/**
 * The program of a Chromium; as root on Debian it is installed when there is none. Answers why there is none where it cannot be,
 * so that a test that needs a browser can say so.
 */
export function findChromium(): { path: string } | { missing: string } {
  const path = process.env.CHROMIUM_PATH ?? places.find((place) => existsSync(place));
  if (path) return { path };
  const how = 'install chromium, or set CHROMIUM_PATH';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return { missing: `there is no Chromium: ${how}` };
  try {
    aptGet('update');
    aptGet('install', '--yes', '--no-install-recommends', 'chromium');
  } catch (error) {
    return { missing: `Chromium could not be installed (${String(error).split('\n')[0]}): ${how}` };
  }
  const installed = places.find((place) => existsSync(place));
  return installed ? { path: installed } : { missing: `there is no Chromium: ${how}` };
}

function aptGet(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 26,
  });
}
