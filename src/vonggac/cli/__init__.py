"""`vonggac NOUN VERB`: one module a noun, loaded only when its noun is spoken."""
