"""The doors: REST, WebSocket, the browser page. Authenticates, translates, forwards, renders.

Owns no rule and no state but open connections. Imports the directory, requests and replies of `actors`, and
`server`; never `workers`.
"""
