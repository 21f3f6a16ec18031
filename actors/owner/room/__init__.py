"""The room of a live tournament: its inputs, its clock, and what front ends hear of it."""
