-- Records in the order of their names, at one moment. Only where all records are on one server: the
-- names of the records are known here alone.
-- KEYS: index. ARGV: prefix of records, first name, last name, limit.
-- Returns names and records in turn.
local found = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, ARGV[4])) do
  local record = redis.call('GET', ARGV[1] .. name)
  if record then
    found[#found + 1] = name
    found[#found + 1] = record
  end
end
return found
