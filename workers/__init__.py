"""The back office: what happens by the clock and after the fact. Also the command line and the demo.

Imports the directory, requests and replies of `actors`, and `server`; never `api`, except for `house`, the
composition root of the engine without Ray.
"""
