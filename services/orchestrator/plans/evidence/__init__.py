"""A plan's evidence: its journal beside AWS's own event history, and an alarm for what only AWS has.

Door: `service.EvidenceService`. The executor tells what it sent, the informational agent what AWS recorded, and neither
sees the other's answer; `compare.py` compares them here.
"""
