-- Makes changes of one partition, one after the other, each if all it expects holds.
-- KEYS: index, revision, locks; then for each change the records it expects and those it writes.
-- ARGV: length of a record's prefix, publish command, channel, sender, number of changes; then for
-- each change: number of expectations, number of writes, what to tell, the revisions expected ('' for
-- absent), and for each write an operation (p: put, u: put over what is there, d: delete) and a body.
-- Returns for each change 0 (made), n (its n-th expectation does not hold) or the lock that is in
-- its way; nothing is done after a lock, so that the rest can be sent again in order.
local KEYS, ARGV, call, sub = KEYS, ARGV, redis.call, string.sub
local name = tonumber(ARGV[1]) + 1
local is_locked = call('EXISTS', KEYS[3]) == 1
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local state = call('GET', KEYS[2])
if not state then return redis.error_reply('EMPTIED the records of this partition are gone') end
local last, removed, epoch = string.match(state, '(%d+) (%d+) (%S+)')
last, removed = tonumber(last), tonumber(removed)
local outcomes, told = {}, {}
local key, arg = 4, 6

local function lock_of(first, count)
  for k = first, first + count - 1 do
    local lock = call('HGET', KEYS[3], sub(KEYS[k], name))
    if lock then return lock end
  end
end

for change = 1, tonumber(ARGV[5]) do
  local expected, written = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
  local outcome = is_locked and lock_of(key, expected + written) or 0
  if outcome == 0 then
    for e = 1, expected do
      if call('GETRANGE', KEYS[key + e - 1], 0, 7) ~= ARGV[arg + 2 + e] then
        outcome = e
        break
      end
    end
  end
  outcomes[change] = outcome
  if outcome == 0 then
    last = math.max(last + 1, now)
    local revision = struct.pack('>L', last)
    local at = arg + 3 + expected
    for k = key + expected, key + expected + written - 1 do
      local operation = ARGV[at]
      if operation == 'd' then
        if call('DEL', KEYS[k]) == 1 then
          call('ZREM', KEYS[1], sub(KEYS[k], name))
          removed = last
        end
      else
        if operation == 'p' and call('EXISTS', KEYS[k]) == 0 then
          call('ZADD', KEYS[1], 0, sub(KEYS[k], name))
        end
        call('SET', KEYS[k], revision .. ARGV[at + 1])
      end
      at = at + 2
    end
    told[#told + 1] = ARGV[arg + 2]
  elseif type(outcome) == 'string' then
    break
  end
  key = key + expected + written
  arg = arg + 3 + expected + 2 * written
end
if #told > 0 then
  call('SET', KEYS[2], string.format('%.0f %.0f %s', last, removed, epoch))
  call(ARGV[2], ARGV[3], ARGV[4] .. table.concat(told))
end
return outcomes
