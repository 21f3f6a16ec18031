"""What is true of every tournament, with no network, database or clock in sight.

Pure standard library, plus sortedcontainers in `ranking`. Time, chance and ids come in as arguments;
there is no await, no logging, no environment here. Import contracts and lint enforce it.
"""
