-- Records, and whether a change that spans partitions is under way on one of them.
-- KEYS: locks, revision, the records. ARGV: length of a record's prefix.
-- Returns the lock of one of them or 0, the revision of the last removal, then the records.
local name = tonumber(ARGV[1]) + 1
local state = redis.call('GET', KEYS[2])
if not state then return redis.error_reply('EMPTIED the records of this partition are gone') end
local removed = string.match(state, '%d+ (%d+)')
local found = {0, removed}
local is_locked = redis.call('EXISTS', KEYS[1]) == 1
for k = 3, #KEYS do
  local lock = is_locked and redis.call('HGET', KEYS[1], string.sub(KEYS[k], name))
  if lock then found[1] = lock end
  found[k] = redis.call('GET', KEYS[k])
end
return found
