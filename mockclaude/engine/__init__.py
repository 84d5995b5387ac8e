"""The decision on one request, without sockets."""
