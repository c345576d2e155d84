-- What is left of changes that span partitions. KEYS: intents, decisions. ARGV: a change's id, or
-- none for all of them.
-- Returns the time, intents and decisions; of one change each '' where there is none.
local time = redis.call('TIME')
local now = struct.pack('>L', time[1] * 1000000 + time[2])
if ARGV[1] then
  return {now, redis.call('HGET', KEYS[1], ARGV[1]) or '', redis.call('HGET', KEYS[2], ARGV[1]) or ''}
end
return {now, redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}
