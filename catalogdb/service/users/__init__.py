"""Tables of users, made, filled, indexed and dropped through the service; nobody else reaches them."""
