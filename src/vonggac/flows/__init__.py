"""One module an end-to-end story, with the job that runs it."""
