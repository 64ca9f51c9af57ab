"""The use cases of people, a file for each: staff, teams, sessions, invites, presence. `api.People` is all of them."""
