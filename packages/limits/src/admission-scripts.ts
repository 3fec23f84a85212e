import { leaseMs, recheckMs, windowMs, windowS } from './admission.ts';
import { coolDownBody, listBody, reportBody, restsLua } from './rest-scripts.ts';

/*
 * What Redis keeps for a provider, all under `<prefix>:limits:{<providerId>}`, so that a cluster has it in one place, and all with an end:
 *   :stamps:<key>        list: when the latest grants were made, newest first, no more than rpm of them
 *   :tokens:<key>        hash: charged tokens by second
 *   :interactive:<key>   sorted set: leases by the time they end
 *   :batch:<key>         the same for leases of batches
 *   :rests               hash: why and until when a key rests for a model; see rest-scripts.ts
 * Every script gets that name as its only key and one JSON text. Time is Redis's own, in ms; `now` in the text takes its place in tests.
 */
const prelude = `
local base = KEYS[1]
local given = cjson.decode(ARGV[1])
local now = given.now
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local second = math.floor(now / 1000)
local function name(kind, id) return base .. ':' .. kind .. ':' .. id end
local function whole(number) return string.format('%.0f', number) end

local function keepLease(kind, keyId, leaseId)
  redis.call('ZADD', name(kind, keyId), whole(now + ${leaseMs}), leaseId)
  redis.call('PEXPIRE', name(kind, keyId), ${leaseMs + 1000})
end

local function charge(keyId, inSecond, tokens)
  local charges = name('tokens', keyId)
  if redis.call('HINCRBY', charges, whole(inSecond), whole(tokens)) <= 0 then redis.call('HDEL', charges, whole(inSecond)) end
  redis.call('PEXPIRE', charges, ${windowMs + 2000})
end
`;

/**
 * `given`: keys { id, weight, rpm?, tpm?, concurrency? } and requests { model, keys (their places, from 1), tokens, isBatch,
 * spread, leaseId }. Answers for each request { 1, place of the key, second } or { 0, 1 if only the model has to wait, waitMs
 * }. Says what `createMemoryAdmission` says; one contract suite holds them together.
 */
export const acquireLua = `${prelude}${restsLua}
-- What is known of a key is read once a call and kept up to date by what the call grants.
local meters = {}
local function meterOf(key)
  local meter = meters[key.id]
  if meter then return meter end
  meter = { interactive = 0, batch = 0, charged = 0, charges = {} }
  meters[key.id] = meter
  if key.tpm or key.concurrency then
    for _, kind in ipairs({ 'interactive', 'batch' }) do
      redis.call('ZREMRANGEBYSCORE', name(kind, key.id), '-inf', whole(now))
      meter[kind] = redis.call('ZCARD', name(kind, key.id))
    end
  end
  if not key.tpm then return meter end
  local fields = redis.call('HGETALL', name('tokens', key.id))
  for i = 1, #fields, 2 do
    local from, tokens = tonumber(fields[i]), tonumber(fields[i + 1])
    if second - from > ${windowS} then
      redis.call('HDEL', name('tokens', key.id), fields[i])
    else
      meter.charged = meter.charged + tokens
      table.insert(meter.charges, { second = from, tokens = tokens })
    end
  end
  table.sort(meter.charges, function(a, b) return a.second < b.second end)
  return meter
end

local function rpmWait(key)
  local stamp = redis.call('LINDEX', name('stamps', key.id), key.rpm - 1)
  if not stamp then return 0 end
  return math.max(0, tonumber(stamp) + ${windowMs + 1} - now)
end

local function tpmWait(key, meter, tokens)
  local excess = meter.charged + tokens - key.tpm
  if meter.charged == 0 or excess <= 0 then return 0 end
  local last = 0
  for _, charge in ipairs(meter.charges) do
    last = charge.second
    excess = excess - charge.tokens
    if excess <= 0 then break end
  end
  return (last + ${windowS + 1}) * 1000 - now
end

local function concurrencyWait(key, meter, isBatch)
  local share = math.max(1, math.floor(key.concurrency * 4 / 5))
  local isShareTaken = isBatch and meter.batch >= share
  if meter.interactive + meter.batch < key.concurrency and not isShareTaken then return 0 end
  local wait = ${recheckMs}
  for _, kind in ipairs({ 'interactive', 'batch' }) do
    local first = redis.call('ZRANGE', name(kind, key.id), 0, 0, 'WITHSCORES')
    if first[2] then wait = math.min(wait, tonumber(first[2]) - now) end
  end
  return wait
end

local function limitWait(key, request)
  local meter = meterOf(key)
  local wait = 0
  if key.rpm then wait = math.max(wait, rpmWait(key)) end
  if key.tpm then wait = math.max(wait, tpmWait(key, meter, request.tokens)) end
  if key.concurrency then wait = math.max(wait, concurrencyWait(key, meter, request.isBatch)) end
  return wait
end

local resting = {}
local function restOf(key, model)
  local id = key.id .. ':' .. model
  if resting[id] == nil then resting[id] = findRest(key.id, model) or false end
  return resting[id]
end

local function grant(key, request)
  local meter = meterOf(key)
  local kind = request.isBatch and 'batch' or 'interactive'
  if key.rpm then
    local stamps = name('stamps', key.id)
    redis.call('LPUSH', stamps, whole(now))
    redis.call('LTRIM', stamps, 0, key.rpm - 1)
    redis.call('PEXPIRE', stamps, ${windowMs + 1000})
  end
  if key.tpm then
    charge(key.id, second, request.tokens)
    meter.charged = meter.charged + request.tokens
    table.insert(meter.charges, { second = second, tokens = request.tokens })
  end
  if key.tpm or key.concurrency then
    keepLease(kind, key.id, request.leaseId)
    meter[kind] = meter[kind] + 1
  end
  letThrough(key.id, request.model, restOf(key, request.model), request.leaseId)
end

-- Where of the places left, by weight, and the number for the next choice; see keysInTurn.
local function pick(places, spread)
  local left = 0
  for _, place in ipairs(places) do left = left + given.keys[place].weight end
  left = left * spread
  for i, place in ipairs(places) do
    local weight = given.keys[place].weight
    if left < weight then return i, left / weight end
    left = left - weight
  end
  return #places, spread
end

local function admit(request)
  local places, hasRoom, limitWaits, eitherWaits = request.keys, false, math.huge, math.huge
  local spread = request.spread
  while #places > 0 do
    local i, rest = pick(places, spread)
    spread = rest
    local place = table.remove(places, i)
    local key = given.keys[place]
    local limit, rested = limitWait(key, request), restWait(restOf(key, request.model))
    if limit == 0 and rested == 0 then
      grant(key, request)
      return { 1, place, second }
    end
    hasRoom = hasRoom or limit == 0
    limitWaits = math.min(limitWaits, limit)
    eitherWaits = math.min(eitherWaits, math.max(limit, rested))
  end
  return { 0, hasRoom and 1 or 0, hasRoom and eitherWaits or limitWaits }
end

local answers = {}
for i, request in ipairs(given.requests) do answers[i] = admit(request) end
return answers
`;

/** `given`: keyId, kind, leaseId, tokens, second, actualTokens?. A lease that is not there any more changes nothing. */
export const releaseLua = `${prelude}
redis.call('ZREMRANGEBYSCORE', name(given.kind, given.keyId), '-inf', whole(now))
if redis.call('ZREM', name(given.kind, given.keyId), given.leaseId) == 0 or not given.actualTokens then return 0 end
local difference = given.actualTokens - given.tokens
charge(given.keyId, difference > 0 and second or given.second, difference)
return 1
`;

/** `given`: leases { keyId, kind, leaseId }. */
export const renewLua = `${prelude}
for _, lease in ipairs(given.leases) do keepLease(lease.kind, lease.keyId, lease.leaseId) end
return 1
`;

const withRests = `${prelude}${restsLua}`;
export const coolDownLua = `${withRests}${coolDownBody}`;
export const reportLua = `${withRests}${reportBody}`;
export const listRestsLua = `${withRests}${listBody}`;
