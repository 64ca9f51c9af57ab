"""Files from strangers: what each must be and pass before anything keeps it. `api` is the door; imports read text and archives too."""
