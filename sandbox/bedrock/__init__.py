"""What the Bedrock double computes: policies in words, their risks, narrower versions, and event stream frames."""
