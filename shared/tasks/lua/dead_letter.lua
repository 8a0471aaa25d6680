#!lua keys=dead: flags=allow-oom
-- Keeps what no worker can do anything with, the newest. KEYS: dead. ARGV: letter, how many to keep
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
