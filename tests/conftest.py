"""Settings for all tests."""

import gc

from hypothesis import HealthCheck, settings

# An example of a property (`@given`) has no time limit: on a busy machine it may take long, which is no failure.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# Tests keep millions of objects for those after them, botocore's models above all. To look through them as often as
# Python does by itself takes a fifth of the suite's processor time, and finds next to nothing.
gc.set_threshold(10_000, 10, 50)
