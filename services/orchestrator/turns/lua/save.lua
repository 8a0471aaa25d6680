#!lua keys=turn:,turn:,events:,turn:index:,conversation:
-- Saves a turn and appends its events, both or neither, if the caller holds the turn's lease.
-- KEYS: lease, turn, events, index of running turns, conversation's active turn
-- ARGV: owner, turn id, status, turn JSON ("" for events only), seconds to keep, most events, then type and data of each
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[4] ~= '' then
  redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[5])
  if ARGV[3] == 'running' then
    redis.call('ZADD', KEYS[4], 'NX', redis.call('TIME')[1], ARGV[2])
  else
    redis.call('ZREM', KEYS[4], ARGV[2])
    if redis.call('GET', KEYS[5]) == ARGV[2] then redis.call('DEL', KEYS[5]) end
  end
end
for i = 7, #ARGV, 2 do
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'type', ARGV[i], 'data', ARGV[i + 1])
end
if #ARGV > 6 then redis.call('EXPIRE', KEYS[3], ARGV[5]) end
return 1
