"""What goes round for ever: schedules, recurrences, settlement, housekeeping."""
