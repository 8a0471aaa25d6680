"""The sandbox's language model: a deterministic planner that stands in for an OpenAI chat model."""
