"""One module a noun: the views of the desk."""
