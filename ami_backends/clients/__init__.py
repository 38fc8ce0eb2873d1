"""Code that the clients of every driver share: their calls, the callers that wait, and signals."""
