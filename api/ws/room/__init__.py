"""Players of a room at this front end: stamped, delivered in order, answered."""
