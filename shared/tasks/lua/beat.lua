#!lua keys=workers: flags=allow-oom
-- Says that a worker is alive, also in a full Redis. KEYS: workers. ARGV: worker, now, good until (Unix seconds)
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
redis.call('EXPIRE', KEYS[1], 60)
