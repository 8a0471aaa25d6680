"""Any operation of AWS that changes something and that neither an operation of ours nor Cloud Control has."""
