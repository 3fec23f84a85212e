import { faultsMax, firstOpenMs, longestOpenMs, probeMs, probeRecheckMs, rateCallsMin, rateWindowMs } from './breaker.ts';

/** Longer than any cool-down; it begins anew with every change. */
const restsMs = 90_000_000;

/**
 * How rests are kept: one hash a provider, a field for each key and model, each a JSON text with the fields of `Breaker` and
 * `coolUntilMs`. Needs the prelude of the admission scripts.
 */
export const restsLua = `
local rests = base .. ':rests'

local function freshRest()
  return { coolUntilMs = 0, faults = 0, calls = 0, failed = 0, countedFromMs = now, opens = 0, openUntilMs = 0, probe = '', probeUntilMs = 0 }
end

local function findRest(keyId, model)
  local text = redis.call('HGET', rests, keyId .. ':' .. model)
  return text and cjson.decode(text)
end

local function keepRest(keyId, model, rest)
  redis.call('HSET', rests, keyId .. ':' .. model, cjson.encode(rest))
  redis.call('PEXPIRE', rests, ${restsMs})
end

local function restWait(rest)
  if not rest then return 0 end
  local wait = math.max(0, rest.coolUntilMs - now, rest.openUntilMs - now)
  if rest.openUntilMs == 0 or rest.openUntilMs > now or rest.probeUntilMs <= now then return wait end
  return math.max(wait, math.min(rest.probeUntilMs - now, ${probeRecheckMs}))
end

local function letThrough(keyId, model, rest, leaseId)
  if not rest or rest.openUntilMs == 0 then return end
  rest.probe = leaseId
  rest.probeUntilMs = now + ${probeMs}
  keepRest(keyId, model, rest)
end
`;

/** `given`: keyId, model, forMs. */
export const coolDownBody = `
local rest = findRest(given.keyId, given.model) or freshRest()
if now + given.forMs <= rest.coolUntilMs then return 0 end
rest.coolUntilMs = now + given.forMs
keepRest(given.keyId, given.model, rest)
return 1
`;

/** `given`: keyId, model, leaseId, outcome. Answers what it did to the breaker. Says what `noteOutcome` says. */
export const reportBody = `
local rest = findRest(given.keyId, given.model) or freshRest()
local isFault = given.outcome == 'fault' or given.outcome == 'unreachable'

local function close()
  local fresh = freshRest()
  fresh.coolUntilMs = rest.coolUntilMs
  rest = fresh
end

local function open()
  local opens = rest.opens + 1
  close()
  rest.opens = opens
  rest.openUntilMs = now + math.min(${firstOpenMs} * 2 ^ (opens - 1), ${longestOpenMs})
  return 'opened'
end

local function noteProbe()
  rest.probe = ''
  rest.probeUntilMs = 0
  if isFault then return open() end
  if given.outcome == 'none' then return 'none' end
  close()
  return 'closed'
end

local function noteCall()
  if now - rest.countedFromMs > ${rateWindowMs} then
    rest.calls, rest.failed, rest.countedFromMs = 0, 0, now
  end
  rest.calls = rest.calls + 1
  if not isFault then
    rest.faults = 0
    return 'none'
  end
  rest.faults = rest.faults + 1
  rest.failed = rest.failed + 1
  local isOften = rest.calls >= ${rateCallsMin} and rest.failed * 2 >= rest.calls
  if given.outcome == 'unreachable' or rest.faults >= ${faultsMax} or isOften then return open() end
  return 'none'
end

if rest.openUntilMs > 0 and rest.probe ~= given.leaseId then return 'none' end
if rest.openUntilMs == 0 and given.outcome == 'none' then return 'none' end
local change = rest.openUntilMs > 0 and noteProbe() or noteCall()
keepRest(given.keyId, given.model, rest)
return change
`;

/** Answers the time and the fields of all rests, each followed by its JSON text. */
export const listBody = `
return { whole(now), redis.call('HGETALL', rests) }
`;
