"""Policies as people paste them: out of a console, a file, an answer of the AWS CLI, a chat.

Door: `read.read_pasted`. What surrounds the policy is taken away where it can only be meant one way, and the answer
says what was taken away; everything else is an error with its line and column.
"""
