"""Plans as the gateway sees them: proposed through the executor, shown as of now, followed to their end.

Door: `service.PlanService`; `follower.Follower` runs in the background. Nothing
here can approve a plan: that is `decisions/`.
"""
