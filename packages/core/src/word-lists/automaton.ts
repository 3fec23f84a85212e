/** A word to look for, already folded, and what it is looked for. */
export interface Pattern {
  text: string;
  action: 'mask' | 'block';
  /** Which list it is of. */
  list: number;
}

/** The longest pattern of one action that ends in a state: its units, 0 for none, and its list. */
interface Found {
  units: Uint16Array;
  list: Uint16Array;
}

/**
 * An Aho-Corasick automaton over UTF-16 units. A state stands for the longest end of what was read that some pattern begins
 * with; state 0 for nothing. States are numbered breadth first, so the children of one stand side by side, in the order of
 * their units. All tables are flat: 22 bytes a state.
 */
export interface Automaton {
  states: number;
  unit: Uint16Array;
  firstChild: Uint32Array;
  fail: Uint32Array;
  /** Units that the state stands for. */
  depth: Uint16Array;
  depthMax: number;
  /** Units at the end of what was read that may yet become a pattern, or a longer one. */
  open: Uint16Array;
  mask: Found;
  block: Found;
  /** The children of state 0 by their unit: most units of a text lead there. */
  root: Uint32Array;
}

const unitsMax = 65_536;

/** States built before others of this process get a turn. */
const sliceStates = 20_000;

/** Builds the automaton, in time and memory that grow with the length of all patterns. `pause` is awaited between slices of it. */
export async function buildAutomaton(patterns: Pattern[], pause: () => Promise<void>): Promise<Automaton> {
  const sorted = await sortInSlices(patterns, pause);
  const automaton = createTables(1 + sorted.reduce((sum, { text }) => sum + text.length, 0));
  await addStates(automaton, sorted, pause);
  for (let child = 1; child < firstChildOf(automaton, 1); child += 1) automaton.root[automaton.unit[child] as number] = child;
  for (let state = 0; state < automaton.states; state += 1) {
    if (state % sliceStates === 0) await pause();
    linkChildren(automaton, state);
  }
  return automaton;
}

/** By their units; those that begin alike are one slice. */
async function sortInSlices(patterns: Pattern[], pause: () => Promise<void>): Promise<Pattern[]> {
  const slices = [...Map.groupBy(patterns, ({ text }) => text.charCodeAt(0)).entries()].toSorted(([a], [b]) => a - b);
  const sorted: Pattern[] = [];
  for (const [, slice] of slices) {
    if (slice.length + (sorted.length % sliceStates) > sliceStates) await pause();
    for (const pattern of slice.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))) sorted.push(pattern);
  }
  return sorted;
}

function createTables(statesMax: number): Automaton {
  const found = (): Found => ({ units: new Uint16Array(statesMax), list: new Uint16Array(statesMax) });
  return {
    states: 1,
    unit: new Uint16Array(statesMax),
    firstChild: new Uint32Array(statesMax + 1),
    fail: new Uint32Array(statesMax),
    depth: new Uint16Array(statesMax),
    depthMax: 0,
    open: new Uint16Array(statesMax),
    mask: found(),
    block: found(),
    root: new Uint32Array(unitsMax),
  };
}

/** Makes the trie: the patterns that begin with what a state stands for are `from[state]` up to `to[state]`. */
async function addStates(automaton: Automaton, sorted: Pattern[], pause: () => Promise<void>): Promise<void> {
  const from = [0];
  const to = [sorted.length];
  for (let state = 0; state < automaton.states; state += 1) {
    if (state % sliceStates === 0) await pause();
    const depth = automaton.depth[state] as number;
    let at = from[state] as number;
    const end = to[state] as number;
    for (; at < end && sorted[at]?.text.length === depth; at += 1) mark(automaton, state, sorted[at] as Pattern);
    automaton.firstChild[state] = automaton.states;
    while (at < end) {
      const unit = sorted[at]?.text.charCodeAt(depth) as number;
      from.push(at);
      while (at < end && sorted[at]?.text.charCodeAt(depth) === unit) at += 1;
      to.push(at);
      automaton.unit[automaton.states] = unit;
      automaton.depth[automaton.states] = depth + 1;
      automaton.states += 1;
    }
    automaton.depthMax = depth;
  }
  automaton.firstChild[automaton.states] = automaton.states;
}

/** The first list that has a word counts for it. */
function mark(automaton: Automaton, state: number, { text, action, list }: Pattern): void {
  const found = automaton[action];
  if (found.units[state] === 0) found.list[state] = list;
  found.units[state] = text.length;
}

/** Where children of a state go when nothing follows, and which shorter patterns end in them too. */
function linkChildren(automaton: Automaton, state: number): void {
  const { fail, unit, open, depth } = automaton;
  for (let child = firstChildOf(automaton, state); child < firstChildOf(automaton, state + 1); child += 1) {
    const to = state === 0 ? 0 : nextState(automaton, fail[state] as number, unit[child] as number);
    fail[child] = to;
    const isLeaf = firstChildOf(automaton, child) === firstChildOf(automaton, child + 1);
    open[child] = (isLeaf ? open[to] : depth[child]) as number;
    for (const found of [automaton.mask, automaton.block]) {
      if (found.units[child] !== 0) continue;
      found.units[child] = found.units[to] as number;
      found.list[child] = found.list[to] as number;
    }
  }
}

/** The state after one more unit. A whole text takes time that grows with its length alone, however many patterns there are. */
export function nextState(automaton: Automaton, state: number, unit: number): number {
  for (let at = state; at !== 0; at = automaton.fail[at] as number) {
    const child = findChild(automaton, at, unit);
    if (child !== 0) return child;
  }
  return automaton.root[unit] as number;
}

function findChild(automaton: Automaton, state: number, unit: number): number {
  let low = firstChildOf(automaton, state);
  let high = firstChildOf(automaton, state + 1) - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = automaton.unit[middle] as number;
    if (found === unit) return middle;
    if (found < unit) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}

const firstChildOf = ({ firstChild }: Automaton, state: number): number => firstChild[state] as number;
