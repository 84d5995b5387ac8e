"""One request, from what arrived to what is sent, without sockets."""
