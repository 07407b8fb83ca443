"""Tables that clients send with a query: taken by the service, read by a worker, gone after the query."""
