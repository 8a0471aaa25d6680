"""What AWS says when it denies a request, in its many forms: from the error CloudTrail keeps to a line of a terminal.

Door: `read.read_denial`. Nothing is asked of AWS; what a message does not say stays unknown.
"""
