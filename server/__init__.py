"""The house with its doors shut: rules (`domain`), records (`storage`), the live channel (`broadcast`).

Knows no HTTP, no WebSocket and no Ray. A library, not a process.
"""
