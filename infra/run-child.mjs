import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { rootDir, say } from './bootstrap.mjs';
import { tie } from './tie.mjs';

/** One Ctrl-C comes twice, from the terminal and from npm; a second one that is meant comes later than this. */
const sameSignalWithinMs = 500;

/**
 * Runs a program with our standard streams, passes SIGINT and SIGTERM on to it, and waits for it.
 *
 * It gets a session of its own, because a terminal sends Ctrl-C to everybody in it: the program would be told by the terminal, by
 * npm and by us, and take the second time for "at once". It ends with us, also when we are killed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} the exit code; 128 + the signal's number when a signal ended it, as in a shell
 */
export function runChild(command, args, env) {
  return new Promise((resolve) => {
    /** @type {import('node:child_process').ChildProcess | undefined} */
    let child;
    // Before there is a child: a signal between would end us and leave the child running.
    const stopForwarding = onSignal((signal) => child?.kill(signal));
    child = spawn(command, args, { cwd: rootDir, env, stdio: 'inherit', detached: true });
    tie(child, { reach: 'session' });
    child.on('error', (error) => {
      stopForwarding();
      say(`${command} could not be started: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => {
      stopForwarding();
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  });
}

/**
 * @param {(signal: NodeJS.Signals) => void} forward
 * @returns {() => void}
 */
function onSignal(forward) {
  let forwardedAt = 0;
  const listen = (/** @type {NodeJS.Signals} */ signal) => {
    if (Date.now() - forwardedAt < sameSignalWithinMs) return;
    forwardedAt = Date.now();
    // A closed terminal is a reason to stop in order, but a Node without a handler for it would just be gone.
    forward(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, listen);
  const stopWatching = onOrphaned(() => listen('SIGTERM'));
  return () => {
    stopWatching();
    for (const signal of signals) process.off(signal, listen);
  };
}

/**
 * npm runs its scripts through a shell, and passes SIGTERM on to that shell alone, which dies of it and tells nobody. So under npm
 * another parent means that we were asked to stop.
 *
 * @param {() => void} stop
 * @returns {() => void}
 */
function onOrphaned(stop) {
  if (!process.env.npm_lifecycle_event) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 300);
  return () => clearInterval(timer);
}
