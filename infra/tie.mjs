import { spawn } from 'node:child_process';

/**
 * Ends `child` when this process ends, however that happens: the watcher's standard input is closed by the kernel, also after
 * SIGKILL. A child in a session of its own is ended with everything it started.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {{ reach: 'process' | 'session' }} options `session` for a child that was spawned detached
 */
export function tie(child, { reach }) {
  if (!child.pid) return;
  const target = reach === 'session' ? `-${child.pid}` : `${child.pid}`;
  const watcher = spawn('sh', ['-c', 'cat; kill -s TERM -- "$1"', 'sh', target], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watcher.on('error', () => {});
  watcher.unref();
  // The number of an ended process may soon belong to another one.
  child.once('exit', () => watcher.kill('SIGKILL'));
}
