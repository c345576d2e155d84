-- Records, and whether a change that spans partitions is under way on one of them.
-- KEYS: locks, the records. ARGV: length of a record's prefix.
-- Returns 1 or 0, then the records.
local name = tonumber(ARGV[1]) + 1
local found = {0}
local is_locked = redis.call('EXISTS', KEYS[1]) == 1
for k = 2, #KEYS do
  if is_locked and redis.call('HEXISTS', KEYS[1], string.sub(KEYS[k], name)) == 1 then found[1] = 1 end
  found[k] = redis.call('GET', KEYS[k])
end
return found
