import { leaseMs, recheckMs, windowMs, windowS } from './admission.ts';
import { coolDownBody, listBody, reportBody, restsLua } from './rest-scripts.ts';

/*
 * What Redis keeps for a provider, all under `<prefix>:limits:{<providerId>}`, so that a cluster has it in one place, and all with an end:
 *   :stamps:<meter>        list: when the latest grants were made, newest first, no more than rpm of them
 *   :tokens:<meter>        hash: charged tokens by second
 *   :interactive:<meter>   sorted set: leases by the time they end
 *   :batch:<meter>         the same for leases of batches
 *   :rests                 hash: why and until when a key rests for a model; see rest-scripts.ts
 * A meter is a key, or a key and a model with a colon between them.
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

local function keepLease(kind, meterId, leaseId)
  redis.call('ZADD', name(kind, meterId), whole(now + ${leaseMs}), leaseId)
  redis.call('PEXPIRE', name(kind, meterId), ${leaseMs + 1000})
end

local function charge(meterId, inSecond, tokens)
  local charges = name('tokens', meterId)
  if redis.call('HINCRBY', charges, whole(inSecond), whole(tokens)) <= 0 then redis.call('HDEL', charges, whole(inSecond)) end
  redis.call('PEXPIRE', charges, ${windowMs + 2000})
end
`;

/**
 * `given`: keys { id, weight, rpm?, tpm?, concurrency?, models? { <model>: { id, rpm?, tpm?, concurrency? } } } and requests {
 * model, keys (their places, from 1), tokens, isBatch, spread, leaseId }. Answers for each request { 1, place of the key, second }
 * or { 0, scope, waitMs }, where scope is 0 for the provider, 1 for the model, 2 for keys that rest. Says what `createMemoryAdmission` says; one contract suite holds them
 * together.
 */
export const acquireLua = `${prelude}${restsLua}
-- What is known of a meter is read once a call and kept up to date by what the call grants. Below, a limit is a key, or what it
-- says of one model: both have an id, rpm, tpm and concurrency.
local meters = {}
local function meterOf(limit)
  local meter = meters[limit.id]
  if meter then return meter end
  meter = { interactive = 0, batch = 0, charged = 0, charges = {} }
  meters[limit.id] = meter
  if limit.tpm or limit.concurrency then
    for _, kind in ipairs({ 'interactive', 'batch' }) do
      redis.call('ZREMRANGEBYSCORE', name(kind, limit.id), '-inf', whole(now))
      meter[kind] = redis.call('ZCARD', name(kind, limit.id))
    end
  end
  if not limit.tpm then return meter end
  local fields = redis.call('HGETALL', name('tokens', limit.id))
  for i = 1, #fields, 2 do
    local from, tokens = tonumber(fields[i]), tonumber(fields[i + 1])
    if second - from > ${windowS} then
      redis.call('HDEL', name('tokens', limit.id), fields[i])
    else
      meter.charged = meter.charged + tokens
      table.insert(meter.charges, { second = from, tokens = tokens })
    end
  end
  table.sort(meter.charges, function(a, b) return a.second < b.second end)
  return meter
end

local function rpmWait(limit)
  local stamp = redis.call('LINDEX', name('stamps', limit.id), limit.rpm - 1)
  if not stamp then return 0 end
  return math.max(0, tonumber(stamp) + ${windowMs + 1} - now)
end

local function tpmWait(limit, meter, tokens)
  local excess = meter.charged + tokens - limit.tpm
  if meter.charged == 0 or excess <= 0 then return 0 end
  local last = 0
  for _, charge in ipairs(meter.charges) do
    last = charge.second
    excess = excess - charge.tokens
    if excess <= 0 then break end
  end
  return (last + ${windowS + 1}) * 1000 - now
end

local function concurrencyWait(limit, meter, isBatch)
  local share = math.max(1, math.floor(limit.concurrency * 4 / 5))
  local isShareTaken = isBatch and meter.batch >= share
  if meter.interactive + meter.batch < limit.concurrency and not isShareTaken then return 0 end
  local wait = ${recheckMs}
  for _, kind in ipairs({ 'interactive', 'batch' }) do
    local first = redis.call('ZRANGE', name(kind, limit.id), 0, 0, 'WITHSCORES')
    if first[2] then wait = math.min(wait, tonumber(first[2]) - now) end
  end
  return wait
end

local function limitWait(limit, request)
  if not limit then return 0 end
  local meter = meterOf(limit)
  local wait = 0
  if limit.rpm then wait = math.max(wait, rpmWait(limit)) end
  if limit.tpm then wait = math.max(wait, tpmWait(limit, meter, request.tokens)) end
  if limit.concurrency then wait = math.max(wait, concurrencyWait(limit, meter, request.isBatch)) end
  return wait
end

local function take(limit, request)
  if not limit then return end
  local meter = meterOf(limit)
  local kind = request.isBatch and 'batch' or 'interactive'
  if limit.rpm then
    local stamps = name('stamps', limit.id)
    redis.call('LPUSH', stamps, whole(now))
    redis.call('LTRIM', stamps, 0, limit.rpm - 1)
    redis.call('PEXPIRE', stamps, ${windowMs + 1000})
  end
  if limit.tpm then
    charge(limit.id, second, request.tokens)
    meter.charged = meter.charged + request.tokens
    table.insert(meter.charges, { second = second, tokens = request.tokens })
  end
  if limit.tpm or limit.concurrency then
    keepLease(kind, limit.id, request.leaseId)
    meter[kind] = meter[kind] + 1
  end
end

local resting = {}
local function restOf(key, model)
  local id = key.id .. ':' .. model
  if resting[id] == nil then resting[id] = findRest(key.id, model) or false end
  return resting[id]
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
  local places, hasRoom, isAwake, limitWaits, allWaits = request.keys, false, false, math.huge, math.huge
  local spread = request.spread
  while #places > 0 do
    local i, rest = pick(places, spread)
    spread = rest
    local place = table.remove(places, i)
    local key = given.keys[place]
    local ofModel = key.models and key.models[request.model]
    local limit, rested = limitWait(key, request), restWait(restOf(key, request.model))
    local longest = math.max(limit, rested, limitWait(ofModel, request))
    if longest == 0 then
      take(key, request)
      take(ofModel, request)
      letThrough(key.id, request.model, restOf(key, request.model), request.leaseId)
      return { 1, place, second }
    end
    hasRoom = hasRoom or limit == 0
    isAwake = isAwake or (limit == 0 and rested == 0)
    limitWaits = math.min(limitWaits, limit)
    allWaits = math.min(allWaits, longest)
  end
  if not hasRoom then return { 0, 0, limitWaits } end
  return { 0, isAwake and 1 or 2, allWaits }
end

local answers = {}
for i, request in ipairs(given.requests) do answers[i] = admit(request) end
return answers
`;

/** `given`: places { meterId, kind, leaseId }, tokens, second, actualTokens?. A place that is not held any more changes nothing. */
export const releaseLua = `${prelude}
for _, place in ipairs(given.places) do
  redis.call('ZREMRANGEBYSCORE', name(place.kind, place.meterId), '-inf', whole(now))
  if redis.call('ZREM', name(place.kind, place.meterId), place.leaseId) == 1 and given.actualTokens then
    local difference = given.actualTokens - given.tokens
    charge(place.meterId, difference > 0 and second or given.second, difference)
  end
end
return 1
`;

/** `given`: places { meterId, kind, leaseId }. */
export const renewLua = `${prelude}
for _, place in ipairs(given.places) do keepLease(place.kind, place.meterId, place.leaseId) end
return 1
`;

/** `given`: meterIds. Answers for each { grants of the last minute, tokens charged in it, leases }; changes nothing. */
export const usesLua = `${prelude}
local function usesOf(id)
  local requests, tokens = 0, 0
  for _, stamp in ipairs(redis.call('LRANGE', name('stamps', id), 0, -1)) do
    if now - tonumber(stamp) <= ${windowMs} then requests = requests + 1 end
  end
  local fields = redis.call('HGETALL', name('tokens', id))
  for i = 1, #fields, 2 do
    if second - tonumber(fields[i]) <= ${windowS} then tokens = tokens + tonumber(fields[i + 1]) end
  end
  local calls = 0
  for _, kind in ipairs({ 'interactive', 'batch' }) do
    calls = calls + redis.call('ZCOUNT', name(kind, id), '(' .. whole(now), '+inf')
  end
  return { requests, tokens, calls }
end

local answers = {}
for i, id in ipairs(given.meterIds) do answers[i] = usesOf(id) end
return answers
`;

const withRests = `${prelude}${restsLua}`;
export const coolDownLua = `${withRests}${coolDownBody}`;
export const reportLua = `${withRests}${reportBody}`;
export const listRestsLua = `${withRests}${listBody}`;
