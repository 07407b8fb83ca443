"""What a service says of itself: VOSI, DALI examples, a registry record, and pages for people."""
