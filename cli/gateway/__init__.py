"""The REST gateway as the command line sees it. Doors: `client` (requests), `turns` (a turn's events)."""
