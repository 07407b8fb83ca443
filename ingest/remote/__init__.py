"""Remote services to tables: requests in chunks that survive limits and interruptions.

`ingest.remote.fetch.fetch` does it all; it is not imported here, because specs are checked against the
services of this package, and pyvo need not be loaded for that.
"""
