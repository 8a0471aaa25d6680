#!lua keys=audit:head:,audit:log:
-- Appends entries to a log if it still ends where their maker saw it end. KEYS: head, log.
-- ARGV: the hash the head must have, seconds to keep (0: as it is), new seq, new hash, account, caller, time (seconds),
-- then seq and entry of each. The stream's ids are the entries' numbers, so none can be put between or before others.
local head = redis.call('HMGET', KEYS[1], 'seq', 'hash', 'account', 'caller_arn', 'kept_until')
if (head[2] or '') ~= ARGV[1] then
  return {'stale', head[1] or '0', head[2] or '', head[3] or '', head[4] or ''}
end
for i = 8, #ARGV, 2 do
  redis.call('XADD', KEYS[2], ARGV[i] .. '-0', 'entry', ARGV[i + 1])
end
local ends = tonumber(ARGV[7]) + tonumber(ARGV[2])
if ARGV[2] == '0' or ends <= (tonumber(head[5]) or 0) then
  redis.call('HSET', KEYS[1], 'seq', ARGV[3], 'hash', ARGV[4], 'account', ARGV[5], 'caller_arn', ARGV[6])
else
  -- An hour longer than asked for, so that not every entry of that hour has to prolong it.
  redis.call('HSET', KEYS[1], 'seq', ARGV[3], 'hash', ARGV[4], 'account', ARGV[5], 'caller_arn', ARGV[6],
    'kept_until', ends + 3600)
  redis.call('EXPIRE', KEYS[1], ARGV[2] + 3600)
  redis.call('EXPIRE', KEYS[2], ARGV[2] + 3600)
end
return {'appended'}
