-- The first half of a change that spans partitions: checks what it expects here, and locks what it
-- expects and writes, until it is applied or taken back.
-- KEYS: locks, intents, revision; the records expected; the further records written.
-- ARGV: length of a record's prefix, the change's id, the partition that decides, the intent, number of
-- expectations, the revisions expected.
-- Returns 0 (prepared), n (the n-th expectation does not hold) or the lock that is in the way.
local name = tonumber(ARGV[1]) + 1
local function name_of(k) return string.sub(KEYS[k], name) end
if redis.call('EXISTS', KEYS[3]) == 0 then
  return redis.error_reply('EMPTIED the records of this partition are gone')
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  for k = 4, #KEYS do
    local lock = redis.call('HGET', KEYS[1], name_of(k))
    if lock then return lock end
  end
end
for e = 1, tonumber(ARGV[5]) do
  if redis.call('GETRANGE', KEYS[3 + e], 0, 7) ~= ARGV[5 + e] then return e end
end
local time = redis.call('TIME')
local now = struct.pack('>L', time[1] * 1000000 + time[2])
local lock = ARGV[2] .. ARGV[3]
for k = 4, #KEYS do redis.call('HSET', KEYS[1], name_of(k), lock) end
redis.call('HSET', KEYS[2], ARGV[2], now .. ARGV[4])
return 0
