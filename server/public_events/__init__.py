"""What the outside hears: the catalogue of events, and how domain events become them."""
