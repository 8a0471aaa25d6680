"""Who a caller is and what it may do: identities, sessions and STS, and the decision over all policies."""
