"""The gate before a service that limits its callers: a token bucket and a circuit breaker, one for all processes, in Redis.

The bucket: the limit is of the application, not of a process. The breaker too: an outage that a worker met spares every
pharmacist's page the wait, and one process alone tries whether it is over. Without Redis nobody passes: a limit that
nobody counts would be broken. Losing what Redis holds costs a second of calls, and some failures more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import redis
from django.conf import settings

PER_SECOND = 17  # calls, annuaire.md §3.1
_AT_ONCE = 5  # tokens in a full bucket; with those that come in a second, never more than PER_SECOND in any second
FAILURES = 5  # in a row, after which the breaker opens
OPEN_SECONDS = 60.0
_PROBE_SECONDS = 40.0  # a probe that never tells, its process killed, holds the others back no longer
_FORGET_SECONDS = 3600
_TIME = """
local now = tonumber(ARGV[1])
if now < 0 then local t = redis.call('TIME'); now = t[1] + t[2] / 1000000 end
"""
# Answers {0, 0}: pass; {1, seconds}: wait for a token; {2, seconds}: open until then.
_PASS = f"""{_TIME}
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'failures', 'shut_until')
local failures, shut_until = tonumber(held[3] or '0'), tonumber(held[4] or '0')
if failures >= tonumber(ARGV[4]) and now < shut_until then return {{2, tostring(shut_until - now)}} end
local since = math.max(now - tonumber(held[2] or '0'), 0)
local tokens = math.min(tonumber(held[1] or ARGV[2]) + since * tonumber(ARGV[3]), tonumber(ARGV[2]))
if tokens < 1 then return {{1, tostring((1 - tokens) / tonumber(ARGV[3]) + 0.001)}} end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - 1), 'at', string.format('%.6f', now))
if failures >= tonumber(ARGV[4]) then redis.call('HSET', KEYS[1], 'shut_until', string.format('%.6f', now + ARGV[5])) end
redis.call('EXPIRE', KEYS[1], {_FORGET_SECONDS})
return {{0, '0'}}
"""
_TELL = f"""{_TIME}
if ARGV[2] == '1' then return redis.call('HSET', KEYS[1], 'failures', 0) end
if redis.call('HINCRBY', KEYS[1], 'failures', 1) >= tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], 'shut_until', string.format('%.6f', now + ARGV[4]))
end
return redis.call('EXPIRE', KEYS[1], {_FORGET_SECONDS})
"""


class Shut(Exception):
    """Nobody passes for now: the service failed too often lately (`seconds` more), or Redis is away."""

    def __init__(self, code: str, seconds: float = 0.0) -> None:
        super().__init__(code)
        self.code, self.seconds = code, seconds


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


@dataclass(frozen=True, slots=True)
class Gate:
    """`key` in Redis. `clock` gives seconds; unset, they are those of Redis, one clock for all hosts."""

    key: str
    clock: Callable[[], float] | None = None

    def wait(self) -> float:
        """Zero: one call may leave now, and was counted. Else the seconds after which to ask again. Raises Shut."""
        answer, told = self._run(_PASS, _AT_ONCE, PER_SECOND - _AT_ONCE, FAILURES, _PROBE_SECONDS)
        if answer == 2:
            raise Shut("open", told)
        return told

    def tell(self, *, ok: bool) -> None:
        """How the call went: the service answered sensibly, or not."""
        self._run(_TELL, int(ok), FAILURES, OPEN_SECONDS)

    def _run(self, script: str, *values: float) -> tuple[int, float]:
        now = self.clock() if self.clock else -1.0
        try:
            told = _redis().eval(script, 1, self.key, *map(str, (now, *values)))
        except redis.RedisError:
            raise Shut("uncounted") from None
        return (int(told[0]), float(told[1])) if isinstance(told, list) else (0, 0.0)
