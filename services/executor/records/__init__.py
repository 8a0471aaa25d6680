"""What the executor keeps in Redis: plans, the journal of a plan's run, the audit of its steps, uploaded files.

Door: `plans.PlanStore`, `journal.Journal`, `progress.Progress`.
"""
