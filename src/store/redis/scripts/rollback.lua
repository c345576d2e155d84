-- Takes back what was prepared here of a change that spans partitions.
-- KEYS: locks, intents. ARGV: the change's id, then the names of the records locked.
-- Returns 1, or 0 where nothing is prepared.
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
for n = 2, #ARGV do
  local lock = redis.call('HGET', KEYS[1], ARGV[n])
  if lock and string.sub(lock, 1, #ARGV[1]) == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[n]) end
end
return 1
