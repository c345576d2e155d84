-- The second half of a change that spans partitions: makes what was prepared here. In the partition
-- that decides, this is the decision.
-- KEYS: index, revision, locks, intents, decisions; the records written; the further records locked.
-- ARGV: length of a record's prefix, publish command, channel, sender, the change's id, what to tell,
-- the decision ('' where it is made elsewhere), number of writes, for each an operation and a body.
-- Returns 1, or 0 where nothing is prepared: made before, or taken back.
local call, name = redis.call, tonumber(ARGV[1]) + 1
local function name_of(k) return string.sub(KEYS[k], name) end
local state = call('GET', KEYS[2])
if not state then return redis.error_reply('EMPTIED the records of this partition are gone') end
if call('HDEL', KEYS[4], ARGV[5]) == 0 then return 0 end
local time = call('TIME')
local last, removed, epoch = string.match(state, '(%d+) (%d+) (%S+)')
last, removed = tonumber(last), tonumber(removed)
last = math.max(last + 1, time[1] * 1000000 + time[2])
local revision = struct.pack('>L', last)
for w = 1, tonumber(ARGV[8]) do
  local k, operation = 5 + w, ARGV[7 + 2 * w]
  if operation == 'd' then
    if call('DEL', KEYS[k]) == 1 then
      call('ZREM', KEYS[1], name_of(k))
      removed = last
    end
  else
    if call('EXISTS', KEYS[k]) == 0 then call('ZADD', KEYS[1], 0, name_of(k)) end
    call('SET', KEYS[k], revision .. ARGV[8 + 2 * w])
  end
end
for k = 6, #KEYS do call('HDEL', KEYS[3], name_of(k)) end
if ARGV[7] ~= '' then
  call('HSET', KEYS[5], ARGV[5], struct.pack('>L', time[1] * 1000000 + time[2]) .. ARGV[7])
end
call('SET', KEYS[2], string.format('%.0f %.0f %s', last, removed, epoch))
if ARGV[6] ~= '' then call(ARGV[2], ARGV[3], ARGV[4] .. ARGV[6]) end
return 1
