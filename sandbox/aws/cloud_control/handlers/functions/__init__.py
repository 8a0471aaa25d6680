"""Lambda: functions, who may call them, and what calls them."""

from sandbox.aws.cloud_control.handlers.functions import event_sources, functions, permissions

__all__ = ["event_sources", "functions", "permissions"]
