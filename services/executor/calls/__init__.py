"""Calls of AWS that change something, each sent once, with an entry in the plan's journal before and after it.

Door: `step_calls.StepCalls`; an operation writes its calls with `request.Request` and `observation`.
"""
