"""A worker process: takes tasks under Celery, runs the tool, writes the result.

Door: `consumer.serve`.
"""
