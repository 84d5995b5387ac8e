"""The journal of handled requests: entries, subscription, queries, verification, the file and the summary."""
