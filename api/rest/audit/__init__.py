"""The record of a tournament, and the trail of settings."""
