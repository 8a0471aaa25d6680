"""What crosses the wire and what every service needs."""
