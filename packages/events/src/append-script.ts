/**
 * KEYS: the log, whose name is also its channel. ARGV: attempt, n, retentionS, rule, then one JSON text an event. Says what
 * `decideAppend` says.
 */
export const appendLua = `
local key, attempt, n, rule = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4]
local count = #ARGV - 4
local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
local lastAttempt, lastN = -1, -1
if last then
  local a, b = string.match(last[1], '^(%d+)-(%d+)$')
  lastAttempt, lastN = tonumber(a), tonumber(b)
end
if lastAttempt > attempt then return 'fenced' end

local skip = 0
if lastAttempt == attempt and lastN >= n then skip = math.min(lastN - n + 1, count) end
local isNext = n + skip == 0 or (lastAttempt == attempt and lastN == n + skip - 1)
if rule == 'next' and skip < count and not isNext then return 'lost' end

if rule == 'end' and skip == 0 and last then
  local ended = cjson.decode(ARGV[5])
  if ended.status == 'completed' or ended.status == 'incomplete' then
    local event = cjson.decode(last[2][2])
    if event.type ~= 'usage' or event.attempt ~= ended.attempt then
      redis.call('DEL', key)
      last = nil
    end
  end
end

for i = skip, count - 1 do
  redis.call('XADD', key, attempt .. '-' .. (n + i), 'e', ARGV[5 + i])
end
redis.call('EXPIRE', key, ARGV[3])
if skip < count then
  redis.call('PUBLISH', key, (last and last[1] or '') .. '|' .. attempt .. '-' .. (n + skip) .. '|[' .. table.concat(ARGV, ',', 5 + skip) .. ']')
end
return 'appended'
`;
