#!lua keys=turn:,turn:,events:,turn:index:,conversation:
-- Saves a turn and appends its events, both or neither, if the caller holds the turn's lease. A turn that no longer runs
-- gives back its lease and its conversation's place.
-- KEYS: lease, turn, events, index of running turns, conversation's active turn
-- ARGV: owner, turn id, status, turn JSON ("" for events only), seconds to keep, most events, time, then type and data
-- of each event
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 8, #ARGV, 2 do
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'type', ARGV[i], 'data', ARGV[i + 1])
end
if ARGV[4] == '' then return 1 end
redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[5])
if ARGV[3] == 'running' then
  redis.call('ZADD', KEYS[4], 'NX', ARGV[7], ARGV[2])
  return 1
end
redis.call('ZREM', KEYS[4], ARGV[2])
if redis.call('GET', KEYS[5]) == ARGV[2] then redis.call('DEL', KEYS[5]) end
redis.call('EXPIRE', KEYS[3], ARGV[5])
redis.call('DEL', KEYS[1])
return 1
