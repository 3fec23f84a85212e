import { startSimulator } from './start-simulator.ts';

/** Runs the simulator alone: `node packages/providers/src/simulator/main.ts [port] [host]`; port 4010 unless told otherwise. */
const [port = '4010', host = '127.0.0.1'] = process.argv.slice(2);
const simulator = await startSimulator({ port: Number(port), host });
console.log(`sluice-sim listens: base URL ${simulator.baseUrl}, any API key, calls at ${simulator.url}/sim/ledger`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close());
