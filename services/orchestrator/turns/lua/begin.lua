#!lua keys=turn:,turn:,events:,turn:index:,conversation:,conversation:,conversation:,conversations:
-- Begins a turn: all of what that stores at once, or nothing. Asked again after a lost answer, it stores nothing more.
-- KEYS: lease, turn, events, index of running turns, conversation's active turn, conversation, its turns, owner's index
-- ARGV: owner, turn id, turn JSON, conversation id, conversation JSON, time, most turns of a conversation, milliseconds
-- of the lease, seconds as active, seconds to keep, 1 for a new conversation, then type and data of each event
-- Returns {'begun'}, {'busy', turn id} where another turn of the conversation runs, {'full'}.
local new = ARGV[11] == '1'
local holder = redis.call('GET', KEYS[5])
if holder == ARGV[2] then return {'begun'} end
-- A gateway may have died between taking the place and saving its turn.
if holder and redis.call('EXISTS', 'turn:' .. holder, 'turn:' .. holder .. ':lease') > 0 then
  return {'busy', holder}
end
if not new and redis.call('ZCARD', KEYS[7]) >= tonumber(ARGV[7]) then return {'full'} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[8])
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[10])
redis.call('ZADD', KEYS[4], ARGV[6], ARGV[2])
redis.call('SET', KEYS[5], ARGV[2], 'EX', ARGV[9])
redis.call('SET', KEYS[6], ARGV[5], 'EX', ARGV[10])
redis.call('ZADD', KEYS[7], ARGV[6], ARGV[2])
redis.call('EXPIRE', KEYS[7], ARGV[10])
if new then
  redis.call('ZADD', KEYS[8], ARGV[6], ARGV[4])
  redis.call('EXPIRE', KEYS[8], ARGV[10])
end
for i = 12, #ARGV, 2 do
  redis.call('XADD', KEYS[3], '*', 'type', ARGV[i], 'data', ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[3], ARGV[10])
return {'begun'}
